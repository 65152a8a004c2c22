import * as Sdk from "@aws-sdk/client-dynamodb"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import * as Net from "node:net"
import { assert } from "vitest"
import * as Endpoint from "../../src/Endpoint.js"
import { credentials, dynamodb, json, request, settled, signed } from "./client.js"

const empty: Endpoint.Service = { send: () => Effect.succeed({ TableNames: [] }) }

const secured = (more: { readonly sessionToken?: string } = {}) =>
  Endpoint.make({
    dynamodb: empty,
    credentials: [{
      accessKeyId: credentials.accessKeyId,
      secretAccessKey: Redacted.make(credentials.secretAccessKey),
      sessionToken: more.sessionToken === undefined ? undefined : Redacted.make(more.sessionToken)
    }]
  })

const listed = (endpoint: Endpoint.Endpoint, config: Sdk.DynamoDBClientConfig = {}) =>
  Effect.gen(function*() {
    const client = yield* dynamodb(endpoint, config)
    const result = yield* settled(() => client.send(new Sdk.ListTablesCommand({})))
    return result instanceof Error ? result.name : "ok"
  })

describe("signatures", () => {
  it.scopedLive("are accepted when they are made with the configured secret, and only then", () =>
    Effect.gen(function*() {
      const endpoint = yield* secured()
      assert.strictEqual(yield* listed(endpoint), "ok")
      assert.strictEqual(
        yield* listed(endpoint, { credentials: { ...credentials, secretAccessKey: "another" } }),
        "InvalidSignatureException"
      )
      assert.strictEqual(
        yield* listed(endpoint, { credentials: { ...credentials, accessKeyId: "AKIDOTHER" } }),
        "UnrecognizedClientException"
      )
    }))

  it.scopedLive("cover the session token", () =>
    Effect.gen(function*() {
      const endpoint = yield* secured({ sessionToken: "a token" })
      assert.strictEqual(
        yield* listed(endpoint, { credentials: { ...credentials, sessionToken: "a token" } }),
        "ok"
      )
      assert.strictEqual(yield* listed(endpoint), "UnrecognizedClientException")
    }))

  it.scopedLive("cover the body", () =>
    Effect.gen(function*() {
      const endpoint = yield* secured()
      const client = yield* dynamodb(endpoint)
      client.middlewareStack.add(
        (next) => (args) => {
          const sent = args.request as { body: Uint8Array }
          sent.body = new TextEncoder().encode(new TextDecoder().decode(sent.body).replace("orders", "others"))
          return next(args)
        },
        { step: "finalizeRequest", priority: "low" }
      )
      const result = yield* settled(() => client.send(new Sdk.DescribeTableCommand({ TableName: "orders" })))
      assert.strictEqual((result as Error).name, "InvalidSignatureException")
    }))

  it.scopedLive("are not accepted from another quarter of an hour", () =>
    Effect.gen(function*() {
      const endpoint = yield* secured()
      assert.strictEqual(yield* listed(endpoint, { systemClockOffset: -16 * 60_000 }), "InvalidSignatureException")
      assert.strictEqual(yield* listed(endpoint, { systemClockOffset: 16 * 60_000 }), "InvalidSignatureException")
    }))

  it.scoped("follow Effect's clock", () =>
    Effect.gen(function*() {
      const endpoint = yield* secured()
      assert.strictEqual(yield* listed(endpoint), "InvalidSignatureException")
      yield* TestClock.setTime(yield* Effect.sync(() => new Date(Date.now()).getTime()))
      assert.strictEqual(yield* listed(endpoint), "ok")
    }))

  it.scopedLive("must be there and whole, even when none is checked", () =>
    Effect.gen(function*() {
      const endpoint = yield* Endpoint.make({ dynamodb: empty })
      const send = (headers: Record<string, string>, path = "/") =>
        Effect.map(
          request(endpoint, {
            path,
            headers: { "x-amz-target": "DynamoDB_20120810.ListTables", ...headers },
            body: "{}"
          }),
          (answered): Record<string, unknown> => ({ status: answered.status, ...json(answered) })
        )
      assert.deepStrictEqual(yield* send({}), {
        status: 400,
        __type: "com.amazon.coral.service#MissingAuthenticationTokenException",
        message: "Request is missing Authentication Token"
      })
      assert.deepStrictEqual(
        yield* send({ authorization: "AWS4-HMAC-SHA256 Credential=a/20260101/b/dynamodb/aws4_request" }),
        {
          status: 400,
          __type: "com.amazon.coral.service#IncompleteSignatureException",
          message:
            "Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' " +
            "parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        }
      )
      assert.propertyVal(
        yield* send({ ...signed, authorization: signed.authorization.replace("/dynamodb", "") }),
        "__type",
        "com.amazon.coral.service#IncompleteSignatureException"
      )
      assert.propertyVal(
        yield* send(signed, "/?X-Amz-Algorithm=AWS4-HMAC-SHA256"),
        "__type",
        "com.amazon.coral.service#InvalidSignatureException"
      )
      assert.propertyVal(yield* send(signed), "status", 200)
    }))
})

describe("Endpoint", () => {
  it.scopedLive("says that its port is in use", () =>
    Effect.gen(function*() {
      const { port } = yield* Endpoint.make({ dynamodb: empty })
      const failure = yield* Effect.flip(Endpoint.make({ port, dynamodb: empty }))
      assert.strictEqual(failure.reason, "PortInUse")
      assert.strictEqual(failure.message, `Cannot listen on 127.0.0.1:${port}: the port is in use.`)
    }))

  it.scopedLive("listens on loopback only, unless told twice", () =>
    Effect.gen(function*() {
      const failure = yield* Effect.flip(Endpoint.make({ host: "0.0.0.0" }))
      assert.strictEqual(failure.reason, "NotLoopback")
      const invalid = yield* Effect.flip(Endpoint.make({ port: 65536 }))
      assert.strictEqual(invalid.reason, "InvalidPort")
      const nowhere = yield* Effect.flip(Endpoint.make({ host: "192.0.2.1", allowRemote: true }))
      assert.strictEqual(nowhere.reason, "HostNotFound")
    }))

  it.scopedLive("closes open sockets and interrupts calls with its scope", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      let interrupted = false
      let entered: () => void = () => undefined
      const arrived = new Promise<void>((resolve) => (entered = resolve))
      const endpoint = yield* Scope.extend(
        Endpoint.make({
          dynamodb: {
            send: () =>
              Effect.onInterrupt(
                Effect.zipRight(Effect.sync(() => entered()), Effect.never),
                () => Effect.sync(() => (interrupted = true))
              )
          }
        }),
        scope
      )
      const idle = Net.connect(endpoint.port, endpoint.host)
      idle.on("error", () => undefined)
      const client = yield* dynamodb(endpoint)
      const pending = yield* Effect.fork(settled(() => client.send(new Sdk.ListTablesCommand({}))))
      yield* Effect.promise(() => arrived)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(((yield* pending) as { code?: string }).code, "ECONNRESET")
      assert.isTrue(interrupted)
      yield* Effect.promise(() => new Promise<void>((resolve) => idle.once("close", () => resolve())))
      const again = yield* Endpoint.make({ port: endpoint.port, dynamodb: empty })
      assert.strictEqual(again.port, endpoint.port)
    }))

  it.scopedLive("interrupts a call whose client goes away", () =>
    Effect.gen(function*() {
      let entered: () => void = () => undefined
      let left: () => void = () => undefined
      const arrived = new Promise<void>((resolve) => (entered = resolve))
      const interrupted = new Promise<void>((resolve) => (left = resolve))
      const endpoint = yield* Endpoint.make({
        dynamodb: {
          send: () =>
            Effect.onInterrupt(
              Effect.zipRight(Effect.sync(() => entered()), Effect.never),
              () => Effect.sync(() => left())
            )
        }
      })
      const client = yield* dynamodb(endpoint)
      const abort = new AbortController()
      const pending = yield* Effect.fork(
        settled(() => client.send(new Sdk.ListTablesCommand({}), { abortSignal: abort.signal }))
      )
      yield* Effect.promise(() => arrived)
      abort.abort()
      assert.strictEqual(((yield* pending) as Error).name, "AbortError")
      yield* Effect.promise(() => interrupted)
    }))

  it.live("is a layer", () =>
    Effect.gen(function*() {
      const { host, port, url } = yield* Endpoint.Endpoint
      assert.strictEqual(url, `http://${host}:${port}`)
      assert.strictEqual(yield* Effect.scoped(listed({ host, port, url })), "ok")
    }).pipe(Effect.provide(Endpoint.layer({ dynamodb: empty }).pipe(Layer.orDie))))

  it.scopedLive("tells of each call, and nothing of its data", () =>
    Effect.gen(function*() {
      const calls: Array<Endpoint.Call> = []
      const endpoint = yield* Endpoint.make({
        dynamodb: empty,
        onCall: (call) => Effect.sync(() => void calls.push(call))
      })
      const client = yield* dynamodb(endpoint)
      yield* settled(() => client.send(new Sdk.PutItemCommand({ TableName: "orders", Item: { pk: { S: "secret" } } })))
      yield* request(endpoint, { headers: signed })
      assert.deepStrictEqual(
        calls.map(({ code, operation, resources, service, status }) => ({
          code,
          operation,
          resources,
          service,
          status
        })),
        [
          { code: undefined, operation: "PutItem", resources: ["orders"], service: "DynamoDB", status: 200 },
          { code: "SerializationException", operation: "-", resources: [], service: "-", status: 400 }
        ]
      )
      assert.notInclude(JSON.stringify(calls), "secret")
    }))
})
