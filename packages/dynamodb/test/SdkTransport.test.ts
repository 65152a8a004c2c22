/** The transports against servers that misbehave on purpose, seen through the service. */
import type * as AwsConfig from "@armature/aws/AwsConfig"
import * as AwsRetry from "@armature/aws/AwsRetry"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import { describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Runtime from "effect/Runtime"
import * as Schedule from "effect/Schedule"
import * as Net from "node:net"
import * as util from "node:util"
import { assert } from "vitest"
import { type Handle, listen, serve } from "./server.js"

const secret = "SECRET-42"
const credentials: AwsConfig.Credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: Redacted.make(secret) }

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Handle => (_, response) =>
  response.writeHead(status, { "content-type": "application/x-amz-json-1.0", "x-amzn-requestid": "r-1", ...headers })
    .end(
      typeof body === "string" ? body : JSON.stringify(body)
    )

const error = (code: string, status = 400, more: object = {}, headers: Record<string, string> = {}): Handle =>
  json(status, { __type: `com.amazonaws.dynamodb.v20120810#${code}`, message: `text with ${secret}`, ...more }, headers)

const get = Effect.flatMap(DynamoDB.DynamoDB, (db) => db.getItem({ TableName: "t", Key: { id: { S: secret } } }))
const update = Effect.flatMap(
  DynamoDB.DynamoDB,
  (db) =>
    db.updateItem({
      TableName: "t",
      Key: { id: { S: secret } },
      UpdateExpression: "ADD n :one",
      ExpressionAttributeValues: { ":one": { N: "1" } }
    })
)
const createIf = Effect.flatMap(DynamoDB.DynamoDB, (db) =>
  db.putItem({
    TableName: "t",
    Item: { id: { S: secret } },
    ConditionExpression: "attribute_not_exists(id)",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD"
  }))

const suite = (
  name: string,
  layer: (options: DynamoDB.DynamoDB.Options) => ReturnType<typeof DynamoDB.layer>
) =>
  describe(name, () => {
    const connect = (endpoint: string, options: DynamoDB.DynamoDB.Options = {}) =>
      layer({ region: "eu-west-1", endpoint, credentials, retry: AwsRetry.none, ...options })

    const failing = (handle: Handle, options?: DynamoDB.DynamoDB.Options) =>
      Effect.gen(function*() {
        const { asked, endpoint } = yield* serve(handle)
        const read = yield* Effect.flip(get).pipe(Effect.provide(connect(endpoint, options)))
        const write = yield* Effect.flip(update).pipe(Effect.provide(connect(endpoint, options)))
        for (const e of [read, write]) {
          assert.notInclude(`${e}${JSON.stringify(e)}${util.inspect(e, { depth: Infinity, showHidden: true })}`, secret)
          assert.notInclude(util.inspect(e.cause, { depth: Infinity, showHidden: true }), secret)
        }
        return {
          asked,
          read,
          write,
          tags: [read._tag, write._tag === "WriteOutcomeUnknownException" ? `unknown ${write.last._tag}` : write._tag]
        }
      })

    it.scopedLive("what AWS answers", () =>
      Effect.gen(function*() {
        assert.deepStrictEqual((yield* failing(error("ResourceNotFoundException"))).tags, [
          "ResourceNotFoundException",
          "ResourceNotFoundException"
        ])
        const denied = yield* failing(error("AccessDeniedException"))
        assert.deepStrictEqual(denied.tags, ["AccessDeniedException", "AccessDeniedException"])
        assert.strictEqual(denied.read.requestId, "r-1")
        assert.strictEqual(denied.read.awsMessage, `text with ${secret}`)
        assert.deepStrictEqual((yield* failing(error("UnrecognizedClientException"))).tags, [
          "CredentialsException",
          "CredentialsException"
        ])
        assert.deepStrictEqual((yield* failing(error("NobodyKnowsException"))).tags, [
          "ServiceException",
          "ServiceException"
        ])
        assert.strictEqual((yield* failing(error("NobodyKnowsException"))).read.code, "NobodyKnowsException")
        assert.deepStrictEqual((yield* failing(error("InternalServerError", 500))).tags, [
          "ServiceUnavailableException",
          "unknown ServiceUnavailableException"
        ])
        assert.deepStrictEqual((yield* failing(json(503, ""))).tags, [
          "ServiceUnavailableException",
          "unknown ServiceUnavailableException"
        ])
        assert.deepStrictEqual((yield* failing(json(413, ""))).tags, ["ValidationException", "ValidationException"])
      }))

    it.scopedLive("throttling, with reasons and AWS's hint", () =>
      Effect.gen(function*() {
        const reasons = [{
          reason: "TableReadProvisionedThroughputExceeded",
          resource: "arn:aws:dynamodb:eu-west-1:1:table/t"
        }]
        const { read } = yield* failing(
          error("ProvisionedThroughputExceededException", 400, { ThrottlingReasons: reasons }, {
            "x-amz-retry-after": "1500"
          })
        )
        assert.strictEqual(read._tag, "ProvisionedThroughputExceededException")
        assert.deepStrictEqual(
          read._tag === "ProvisionedThroughputExceededException" ? read.reasons : undefined,
          reasons
        )
        assert.strictEqual(read.retryAfter, 1500)
        assert.strictEqual(
          (yield* failing(error("ThrottlingException", 400, {}, { "retry-after": "2" }))).read.retryAfter,
          2000
        )
        const dated = { date: "Mon, 23 Nov 2026 10:00:00 GMT", "retry-after": "Mon, 23 Nov 2026 10:00:03 GMT" }
        assert.strictEqual((yield* failing(error("ThrottlingException", 400, {}, dated))).read.retryAfter, 3000)
      }))

    it.scopedLive("a failed condition carries the item that stood there", () =>
      Effect.gen(function*() {
        const { endpoint } = yield* serve(
          error("ConditionalCheckFailedException", 400, {
            Item: { id: { S: secret }, bin: { B: "AQID" }, n: { N: "7" } }
          })
        )
        const e = yield* Effect.flip(createIf).pipe(Effect.provide(connect(endpoint)))
        assert.strictEqual(e._tag, "ConditionalCheckFailedException")
        if (e._tag !== "ConditionalCheckFailedException") return
        assert.deepStrictEqual(
          e.item,
          yield* Effect.succeedSome({ id: { S: secret }, bin: { B: new Uint8Array([1, 2, 3]) }, n: { N: "7" } })
        )
        assert.notInclude(util.inspect(e, { depth: Infinity, showHidden: true }), secret)
      }))

    it.scopedLive("a condition's failure on a request without one is not in its type, and not in its channel", () =>
      Effect.gen(function*() {
        const { write } = yield* failing(error("ConditionalCheckFailedException"))
        assert.strictEqual(write._tag, "ServiceException")
        assert.strictEqual(write.code, "ConditionalCheckFailedException")
      }))

    it.scopedLive("answers that are none", () =>
      Effect.gen(function*() {
        for (
          const [status, body] of [[200, "<html>proxy</html>"], [502, "<html>proxy</html>"], [200, "{\"Item\": {"], [
            400,
            "{\"__type\": "
          ]] as const
        ) {
          assert.deepStrictEqual((yield* failing(json(status, body))).tags, [
            "InvalidResponseException",
            "unknown InvalidResponseException"
          ])
        }
      }))

    it.scopedLive("nothing listens", () =>
      Effect.gen(function*() {
        const port = yield* Effect.scoped(Effect.map(listen(Net.createServer()), ({ port }) => port))
        const e = yield* Effect.flip(update).pipe(Effect.provide(connect(`http://127.0.0.1:${port}`)))
        assert.strictEqual(e._tag, "ConnectionException")
        if (e._tag !== "ConnectionException") return
        assert.deepStrictEqual([e.reason, e.outcome, e.retryable, e.address], [
          "Refused",
          "not-applied",
          true,
          `127.0.0.1:${port}`
        ])
      }))

    it.scopedLive("no such host, without a look at the network", () =>
      Effect.gen(function*() {
        const e = yield* Effect.flip(update).pipe(Effect.provide(connect("http://no-such-host.invalid")))
        assert.strictEqual(e._tag, "ConnectionException")
        assert.strictEqual(e._tag === "ConnectionException" ? e.reason : "", "NotFound")
      }))

    it.scopedLive("cut off before the answer, and in the middle of it", () =>
      Effect.gen(function*() {
        const before = yield* failing((request) => request.socket.destroy())
        assert.deepStrictEqual(before.tags, ["ConnectionException", "unknown ConnectionException"])
        assert.strictEqual(before.read._tag === "ConnectionException" ? before.read.reason : "", "Reset")
        const middle = yield* failing((request, response) => {
          response.writeHead(200, { "content-length": "1000" })
          response.write("{\"Item\"")
          setTimeout(() => request.socket.destroy(), 20)
        })
        assert.deepStrictEqual(middle.tags, ["ConnectionException", "unknown ConnectionException"])
        assert.strictEqual(middle.read._tag === "ConnectionException" ? middle.read.reason : "", "Truncated")
      }))

    it.scopedLive("no answer in time", () =>
      Effect.gen(function*() {
        const { read, tags } = yield* failing(() => {}, { timeouts: { request: "300 millis" } })
        assert.deepStrictEqual(tags, ["ConnectionException", "unknown ConnectionException"])
        assert.strictEqual(read._tag === "ConnectionException" ? read.reason : "", "Timeout")
      }))

    it.scopedLive("a handshake that hangs is known not to have been applied", () =>
      Effect.gen(function*() {
        const { port } = yield* listen(Net.createServer((socket) => socket.on("error", () => {}).resume()))
        const e = yield* Effect.flip(update).pipe(
          Effect.provide(connect(`https://127.0.0.1:${port}`, { timeouts: { connect: "80 millis" } }))
        )
        assert.strictEqual(e._tag, "ConnectionException")
        assert.deepStrictEqual(e._tag === "ConnectionException" ? [e.reason, e.outcome] : [], [
          "ConnectTimeout",
          "not-applied"
        ])
      }))

    it.scopedLive("no TLS where TLS is expected", () =>
      Effect.gen(function*() {
        const { endpoint } = yield* serve(json(200, {}))
        const e = yield* Effect.flip(update).pipe(Effect.provide(connect(endpoint.replace("http:", "https:"))))
        assert.deepStrictEqual(e._tag === "ConnectionException" ? [e.reason, e.outcome] : [e._tag], [
          "Refused",
          "not-applied"
        ])
      }))

    it.scopedLive("a pool that is used up is known not to have sent, and recovers", () =>
      Effect.gen(function*() {
        const runtime = yield* Effect.runtime<never>()
        const arrived = yield* Deferred.make<void>()
        const answered = yield* Deferred.make<void>()
        const { asked, endpoint } = yield* serve((request, response, n) => {
          const answer = Effect.sync(() => json(200, {})(request, response, n))
          Runtime.runFork(runtime)(
            n === 1
              ? Effect.zipRight(Effect.zipRight(Deferred.succeed(arrived, undefined), Deferred.await(answered)), answer)
              : answer
          )
        })
        yield* Effect.gen(function*() {
          const slow = yield* Effect.fork(get)
          yield* Deferred.await(arrived)
          const e = yield* Effect.flip(update)
          assert.deepStrictEqual(e._tag === "ConnectionException" ? [e.reason, e.outcome] : [e._tag], [
            "ConnectTimeout",
            "not-applied"
          ])
          yield* Deferred.succeed(answered, undefined)
          yield* Fiber.join(slow)
          yield* update
        }).pipe(Effect.provide(connect(endpoint, { maxSockets: 1, timeouts: { acquire: "50 millis" } })))
        assert.strictEqual(asked.count, 2)
      }))

    it.scopedLive("no credentials: an empty chain, and a provider that throws", () =>
      Effect.gen(function*() {
        const { asked, endpoint } = yield* serve(json(200, {}))
        const providers: ReadonlyArray<AwsConfig.Credentials> = [
          () => Promise.reject(new Error(`password ${secret}`)),
          () => {
            throw new TypeError(secret)
          },
          // what a chain may well throw is another service's answer: it must not be taken for this service's
          () =>
            Promise.reject(
              Object.assign(new Error(secret), {
                name: "AccessDenied",
                $fault: "client",
                $metadata: { httpStatusCode: 403 }
              })
            )
        ]
        for (const provider of providers) {
          const e = yield* Effect.flip(update).pipe(Effect.provide(connect(endpoint, { credentials: provider })))
          assert.deepStrictEqual(e._tag === "CredentialsException" ? [e.reason, e.outcome] : [e._tag], [
            "Missing",
            "not-applied"
          ])
          assert.notInclude(util.inspect([e, e.cause], { depth: Infinity, showHidden: true }), secret)
        }
        assert.strictEqual(asked.count, 0)
      }))

    it.scopedLive("expired credentials are refreshed, once", () =>
      Effect.gen(function*() {
        let provided = 0
        const { asked, endpoint } = yield* serve((request, response, n) =>
          (n === 1 ? error("ExpiredTokenException") : json(200, {}))(request, response, n)
        )
        const options = {
          retry: Schedule.recurs(3),
          credentials: () => {
            provided++
            return Promise.resolve({ accessKeyId: `AKID${provided}`, secretAccessKey: secret })
          }
        }
        yield* update.pipe(Effect.provide(connect(endpoint, options)))
        assert.deepStrictEqual([asked.count, provided], [2, 2])
        const always = yield* serve(error("ExpiredTokenException"))
        const e = yield* Effect.flip(update).pipe(Effect.provide(connect(always.endpoint, options)))
        assert.strictEqual(e._tag === "CredentialsException" ? e.reason : e._tag, "Expired")
        assert.strictEqual(always.asked.count, 2)
      }))

    it.scopedLive("a clock that is off: corrected once, and named when that does not help", () =>
      Effect.gen(function*() {
        const wrong = new Date(Date.now() + 600_000).toUTCString()
        const { asked, endpoint } = yield* serve((request, response, n) =>
          (n === 1 ? error("InvalidSignatureException", 400, {}, { date: wrong }) : json(200, {}, { date: wrong }))(
            request,
            response,
            n
          )
        )
        yield* update.pipe(Effect.provide(connect(endpoint, { retry: Schedule.recurs(3) })))
        assert.strictEqual(asked.count, 2)
        const { read } = yield* failing(error("RequestTimeTooSkewed"))
        assert.strictEqual(read._tag === "CredentialsException" ? read.reason : "", "ClockSkew")
      }))

    it.scopedLive("is set up wrong: known when the Layer is built", () =>
      Effect.gen(function*() {
        const none = yield* Effect.flip(get.pipe(Effect.provide(connect("not a url"))))
        assert.strictEqual(none._tag === "ConfigurationException" ? none.reason : none._tag, "InvalidEndpoint")
        const ftp = yield* Effect.flip(get.pipe(Effect.provide(connect("ftp://127.0.0.1"))))
        assert.strictEqual(ftp._tag === "ConfigurationException" ? ftp.reason : ftp._tag, "InvalidEndpoint")
      }))

    it.scopedLive("an input that cannot be written is refused before it is sent", () =>
      Effect.gen(function*() {
        const { asked, endpoint } = yield* serve(json(200, {}))
        const cycle: Record<string, { M: object }> = {}
        cycle.self = { M: cycle }
        const e = yield* Effect.flatMap(DynamoDB.DynamoDB, (db) =>
          // @ts-expect-error not an attribute value
          Effect.flip(db.getItem({ TableName: "t", Key: cycle }))).pipe(Effect.provide(connect(endpoint)))
        assert.strictEqual(e._tag, "ValidationException")
        assert.strictEqual(asked.count, 0)
      }))

    it.scopedLive("a failing call is sent as often as the schedule says, whatever the environment says", () =>
      Effect.gen(function*() {
        const before = { attempts: process.env.AWS_MAX_ATTEMPTS, mode: process.env.AWS_RETRY_MODE }
        yield* Effect.acquireUseRelease(
          Effect.sync(() => {
            process.env.AWS_MAX_ATTEMPTS = "7"
            process.env.AWS_RETRY_MODE = "adaptive"
          }),
          () =>
            Effect.gen(function*() {
              for (const n of [0, 2]) {
                const { asked, endpoint } = yield* serve(error("ThrottlingException"))
                yield* Effect.flip(update).pipe(Effect.provide(connect(endpoint, { retry: Schedule.recurs(n) })))
                assert.strictEqual(asked.count, n + 1)
              }
            }),
          () =>
            Effect.sync(() => {
              for (
                const [name, value] of [["AWS_MAX_ATTEMPTS", before.attempts], ["AWS_RETRY_MODE", before.mode]] as const
              ) {
                if (value === undefined) delete process.env[name]
                else process.env[name] = value
              }
            })
        )
      }))

    it.scopedLive("interrupting a call stops its request: the server sees the socket close before it answered", () =>
      Effect.gen(function*() {
        const runtime = yield* Effect.runtime<never>()
        const arrived = yield* Deferred.make<void>()
        const closed = yield* Deferred.make<boolean>()
        const { endpoint } = yield* serve((request, response) => {
          request.socket.once("close", () => Runtime.runFork(runtime)(Deferred.succeed(closed, response.writableEnded)))
          Runtime.runFork(runtime)(Deferred.succeed(arrived, undefined))
        })
        yield* Effect.gen(function*() {
          const fiber = yield* Effect.fork(get)
          yield* Deferred.await(arrived)
          yield* Fiber.interrupt(fiber)
          assert.isFalse(yield* Deferred.await(closed).pipe(Effect.timeout(Duration.seconds(5))))
        }).pipe(Effect.provide(connect(endpoint)))
      }))

    it.scopedLive("an answer that begins and then hangs ends in time", () =>
      Effect.gen(function*() {
        const { read, tags } = yield* failing((_, response) => {
          response.writeHead(200, { "content-length": "1000" })
          response.write("{\"Item\"")
        }, { timeouts: { request: "300 millis" } })
        assert.deepStrictEqual(tags, ["ConnectionException", "unknown ConnectionException"])
        assert.strictEqual(read._tag === "ConnectionException" ? read.reason : "", "Timeout")
      }))

    it.scopedLive("interrupting a call in the middle of its answer closes the socket", () =>
      Effect.gen(function*() {
        const runtime = yield* Effect.runtime<never>()
        const begun = yield* Deferred.make<void>()
        const closed = yield* Deferred.make<void>()
        const { endpoint } = yield* serve((request, response) => {
          request.socket.once("close", () => Runtime.runFork(runtime)(Deferred.succeed(closed, undefined)))
          response.writeHead(200, { "content-length": "1000" })
          response.write(
            "{\"Item\"",
            () => setTimeout(() => Runtime.runFork(runtime)(Deferred.succeed(begun, undefined)), 20)
          )
        })
        yield* Effect.gen(function*() {
          const fiber = yield* Effect.fork(get)
          yield* Deferred.await(begun)
          yield* Fiber.interrupt(fiber)
          yield* Deferred.await(closed).pipe(Effect.timeout(Duration.seconds(5)))
        }).pipe(Effect.provide(connect(endpoint)))
      }))

    it.scopedLive("what is no HTTP at all is an answer that is none", () =>
      Effect.gen(function*() {
        for (const answer of ["garbage\r\n\r\n", `HTTP/1.1 200 OK\r\nx: ${"a".repeat(100_000)}\r\n\r\n`]) {
          const { port } = yield* listen(
            Net.createServer((socket) => socket.on("error", () => {}).once("data", () => socket.end(answer)))
          )
          const e = yield* Effect.flip(get).pipe(Effect.provide(connect(`http://127.0.0.1:${port}`)))
          assert.deepStrictEqual([e._tag, e.outcome], ["InvalidResponseException", "unknown"])
        }
      }))

    it.scopedLive("an error's name is a name, or none", () =>
      Effect.gen(function*() {
        for (const name of [`text with ${secret}`, "", "a".repeat(500)]) {
          const { read } = yield* failing(json(400, { code: name }))
          assert.deepStrictEqual([read._tag, read.code, read.outcome], ["ServiceException", undefined, "unknown"])
        }
      }))

    it.scopedLive("credentials that are none, or cannot be sent", () =>
      Effect.gen(function*() {
        const { asked, endpoint } = yield* serve(json(200, {}))
        const given = (value: unknown) =>
          // what a provider gives is typed by its author, and may be anything
          (() => Promise.resolve(value)) as AwsConfig.Credentials
        const cases: ReadonlyArray<readonly [AwsConfig.Credentials, string]> = [
          [given(undefined), "Missing"],
          [given({}), "Missing"],
          [given({ accessKeyId: 1, secretAccessKey: 2 }), "Missing"],
          [{ accessKeyId: "", secretAccessKey: Redacted.make("") }, "Missing"],
          [given({ accessKeyId: "AKID", secretAccessKey: secret, expiration: "soon" }), "Invalid"],
          [given({ accessKeyId: "AKID", secretAccessKey: secret, sessionToken: 5 }), "Invalid"],
          [given({ accessKeyId: "AKID", secretAccessKey: secret, sessionToken: `${secret}\n` }), "Invalid"],
          [{ accessKeyId: `${secret}\n`, secretAccessKey: Redacted.make(secret) }, "Invalid"]
        ]
        for (const [credentials, reason] of cases) {
          const e = yield* Effect.flip(update).pipe(Effect.provide(connect(endpoint, { credentials })))
          assert.deepStrictEqual(e._tag === "CredentialsException" ? [e.reason, e.outcome] : [e._tag], [
            reason,
            "not-applied"
          ])
          assert.notInclude(util.inspect([e, e.cause], { depth: Infinity, showHidden: true }), secret)
        }
        assert.strictEqual(asked.count, 0)
      }))

    it.scopedLive("whatever a provider throws is a failure", () =>
      Effect.gen(function*() {
        const trap = () => {
          throw new Error(secret)
        }
        const cyclic = Object.assign(new Error(secret), { errors: [] as Array<unknown> })
        cyclic.errors.push(cyclic)
        for (const thrown of [undefined, 5, cyclic, new Proxy({}, { get: trap, has: trap, ownKeys: trap })]) {
          const e = yield* Effect.flip(update).pipe(
            Effect.provide(connect("http://127.0.0.1:9", { credentials: () => Promise.reject(thrown) }))
          )
          assert.strictEqual(e._tag, "CredentialsException")
        }
      }))

    it.scopedLive("calls that meet expired credentials together wait for one refresh", () =>
      Effect.gen(function*() {
        let provided = 0
        const { asked, endpoint } = yield* serve((request, response, n) =>
          (/AKID1\//.test(request.headers.authorization ?? "") ? error("ExpiredTokenException") : json(200, {}))(
            request,
            response,
            n
          )
        )
        const runtime = yield* Effect.runtime<never>()
        const credentials = async () => {
          const n = ++provided
          if (n > 1) await Runtime.runPromise(runtime)(Effect.sleep("100 millis"))
          return { accessKeyId: `AKID${n}`, secretAccessKey: secret }
        }
        yield* Effect.all([update, update, update, update], { concurrency: "unbounded" }).pipe(
          // all of them have failed before the first is sent again
          Effect.provide(
            connect(endpoint, {
              retry: Schedule.intersect(Schedule.recurs(3), Schedule.spaced("80 millis")),
              credentials
            })
          )
        )
        assert.deepStrictEqual([asked.count, provided], [8, 2])
      }))

    it.scopedLive("a refresh that fails is tried again by the next call", () =>
      Effect.gen(function*() {
        let provided = 0
        const { endpoint } = yield* serve((request, response, n) =>
          (/AKID1\//.test(request.headers.authorization ?? "") ? error("ExpiredTokenException") : json(200, {}))(
            request,
            response,
            n
          )
        )
        const credentials = () => {
          const n = ++provided
          return n === 2
            ? Promise.reject(new Error("not now"))
            : Promise.resolve({ accessKeyId: `AKID${n}`, secretAccessKey: secret })
        }
        yield* Effect.gen(function*() {
          const e = yield* Effect.flip(update)
          assert.strictEqual(e._tag === "CredentialsException" ? e.reason : e._tag, "Missing")
          yield* update
          assert.strictEqual(provided, 3)
        }).pipe(Effect.provide(connect(endpoint, { retry: Schedule.recurs(1), credentials })))
      }))

    it.scopedLive("a call interrupted while credentials are refreshed sends nothing", () =>
      Effect.gen(function*() {
        const runtime = yield* Effect.runtime<never>()
        const refreshing = yield* Deferred.make<void>()
        const release = yield* Deferred.make<void>()
        let provided = 0
        const { asked, endpoint } = yield* serve(error("ExpiredTokenException"))
        const credentials = async () => {
          if (++provided > 1) {
            await Runtime.runPromise(runtime)(
              Effect.zipRight(Deferred.succeed(refreshing, undefined), Deferred.await(release))
            )
          }
          return { accessKeyId: "AKID", secretAccessKey: secret }
        }
        yield* Effect.gen(function*() {
          const fiber = yield* Effect.fork(update)
          yield* Deferred.await(refreshing)
          yield* Fiber.interrupt(fiber)
          yield* Deferred.succeed(release, undefined)
          yield* Effect.sleep("100 millis")
          assert.strictEqual(asked.count, 1)
        }).pipe(Effect.provide(connect(endpoint, { retry: Schedule.recurs(1), credentials })))
      }))

    it.scopedLive("a time that no timer can hold is a long one, not none", () =>
      Effect.gen(function*() {
        const { endpoint } = yield* serve((_, response) => {
          setTimeout(() => response.writeHead(200, { "content-type": "application/x-amz-json-1.0" }).end("{}"), 30)
        })
        for (const long of [Duration.infinity, Duration.days(60)]) {
          yield* get.pipe(
            Effect.provide(connect(endpoint, { timeouts: { acquire: long, connect: long, request: long } }))
          )
        }
      }))

    it.scopedLive("calls that follow one another, and calls at once, are each their own", () =>
      Effect.gen(function*() {
        const runtime = yield* Effect.runtime<never>()
        const both = yield* Deferred.make<void>()
        const stopped = yield* Deferred.make<void>()
        const { endpoint } = yield* serve((request, response, n) => {
          const answer = n === 3 ? error("ResourceNotFoundException") : json(200, { Item: { n: { N: String(n) } } })
          if (n < 5) return answer(request, response, n)
          response.once("close", () => {
            if (!response.writableEnded) Runtime.runFork(runtime)(Deferred.succeed(stopped, undefined))
          })
          if (n === 6) Runtime.runFork(runtime)(Deferred.succeed(both, undefined))
          Runtime.runFork(runtime)(
            Effect.zipRight(Deferred.await(stopped), Effect.sync(() => answer(request, response, n)))
          )
        })
        yield* Effect.gen(function*() {
          const one = yield* get
          const two = yield* get
          assert.deepStrictEqual([one.Item?.n?.N, two.Item?.n?.N], ["1", "2"])
          assert.strictEqual((yield* Effect.flip(get))._tag, "ResourceNotFoundException")
          assert.strictEqual((yield* get).Item?.n?.N, "4")
          const first = yield* Effect.fork(get)
          const second = yield* Effect.fork(get)
          yield* Deferred.await(both)
          yield* Fiber.interrupt(first)
          yield* Deferred.await(stopped).pipe(Effect.timeout(Duration.seconds(5)))
          assert.include(["5", "6"], (yield* Fiber.join(second)).Item?.n?.N)
        }).pipe(Effect.provide(connect(endpoint)))
      }))

    it.scopedLive("the client is closed with its scope", () =>
      Effect.gen(function*() {
        const runtime = yield* Effect.runtime<never>()
        const closed = yield* Deferred.make<void>()
        const { endpoint } = yield* serve((request, response, n) => {
          request.socket.once("close", () => Runtime.runFork(runtime)(Deferred.succeed(closed, undefined)))
          json(200, {})(request, response, n)
        })
        yield* get.pipe(Effect.provide(connect(endpoint)))
        yield* Deferred.await(closed).pipe(Effect.timeout(Duration.seconds(3)))
      }))
  })

suite("the SDK's transport", DynamoDB.layer)
suite("the direct transport", DynamoDB.layerDirect)
