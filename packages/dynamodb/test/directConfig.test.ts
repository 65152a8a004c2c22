/** Where the direct transport sends to and as whom, against what the AWS SDK does with the same configuration; and its connections. */
import type * as AwsConfig from "@armature/aws/AwsConfig"
import * as AwsRetry from "@armature/aws/AwsRetry"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as Sdk from "@aws-sdk/client-dynamodb"
import { describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import { mkdtemp, rm, writeFile } from "node:fs/promises"
import * as Http from "node:http"
import * as Https from "node:https"
import * as Net from "node:net"
import { devNull, tmpdir } from "node:os"
import { join } from "node:path"
import { assert, vi } from "vitest"
import * as directAsked from "../src/internal/directAsked.js"
import { named } from "../src/internal/directOperations.js"
import * as directPlain from "../src/internal/directPlain.js"
import * as directSdk from "../src/internal/directSdk.js"
import { identities, targets } from "../src/internal/directTarget.js"
import { listen, serve } from "./server.js"

const arn = (account: string, table: string) => `arn:aws:dynamodb:eu-west-1:${account}:table/${table}`
const mine = "111122223333"
const yours = "444455556666"

/** Runs with variables of the environment, and puts them back. */
const withEnv = <A, E, R>(variables: Readonly<Record<string, string>>, effect: Effect.Effect<A, E, R>) =>
  Effect.acquireUseRelease(
    Effect.sync(() => {
      const before = Object.keys(variables).map((name) => [name, process.env[name]] as const)
      Object.assign(process.env, variables)
      return before
    }),
    () => effect,
    (before) =>
      Effect.sync(() => {
        for (const [name, value] of before) {
          if (value === undefined) Reflect.deleteProperty(process.env, name)
          else process.env[name] = value
        }
      })
  )

/** What of a request the SDK's handlers are given. */
interface Arriving {
  readonly headers: Readonly<Record<string, string>>
  readonly hostname: string
  readonly path: string
  readonly port?: number
  readonly protocol: string
}

type Input = readonly [keyof DynamoDB.Operations, object, (client: Sdk.DynamoDBClient) => Promise<unknown>]

const inputs: ReadonlyArray<Input> = [
  ...["t", arn(mine, "t"), arn(yours, "t")].flatMap((TableName): ReadonlyArray<Input> => {
    const get = { TableName, Key: {} }
    const batch = { RequestItems: { [TableName]: { Keys: [] }, other: { Keys: [] } } }
    const transact = { TransactItems: [{ Put: { TableName, Item: {} } }, { Delete: { TableName: "other", Key: {} } }] }
    const reads = { TransactItems: [{ Get: { TableName, Key: {} } }] }
    const update = { TableName }
    return [
      ["GetItem", get, (client) => client.send(new Sdk.GetItemCommand(get))],
      ["UpdateTable", update, (client) => client.send(new Sdk.UpdateTableCommand(update))],
      ["BatchGetItem", batch, (client) => client.send(new Sdk.BatchGetItemCommand(batch))],
      ["TransactWriteItems", transact, (client) => client.send(new Sdk.TransactWriteItemsCommand(transact))],
      ["TransactGetItems", reads, (client) => client.send(new Sdk.TransactGetItemsCommand(reads))]
    ]
  }),
  ["ListTables", {}, (client) => client.send(new Sdk.ListTablesCommand({}))],
  [
    "ListTagsOfResource",
    { ResourceArn: arn(yours, "t") },
    (client) => client.send(new Sdk.ListTagsOfResourceCommand({ ResourceArn: arn(yours, "t") }))
  ]
]

const environments: ReadonlyArray<readonly [string, Readonly<Record<string, string>>]> = [
  ["nothing", {}],
  ["FIPS", { AWS_USE_FIPS_ENDPOINT: "true" }],
  ["dual-stack", { AWS_USE_DUALSTACK_ENDPOINT: "true" }],
  ["the service's own endpoint", { AWS_ENDPOINT_URL_DYNAMODB: "http://localhost:8000/prefix" }],
  ["an endpoint for all services", { AWS_ENDPOINT_URL: "http://localhost:9000" }],
  ["no account in the host", { AWS_ACCOUNT_ID_ENDPOINT_MODE: "disabled" }],
  ["another partition", { AWS_REGION: "cn-north-1" }]
]

describe("the direct transport's configuration", () => {
  it.effect("goes where the SDK goes, whatever the input and the environment say", () =>
    Effect.forEach(environments, ([name, variables]) =>
      withEnv(
        { AWS_REGION: "eu-west-1", ...variables },
        Effect.promise(async () => {
          for (const accountId of [undefined, mine]) {
            const config = {
              credentials: () =>
                Promise.resolve({
                  accessKeyId: "AKID",
                  secretAccessKey: "secret",
                  ...(accountId === undefined ? {} : { accountId })
                })
            }
            const seen: Array<string> = []
            const client = new Sdk.DynamoDBClient({
              ...config,
              maxAttempts: 1,
              requestHandler: {
                handle: ({ headers, hostname, path, port, protocol }: Arriving) => {
                  const scope = /Credential=AKID\/\d+\/([^,]*)\/aws4_request/.exec(headers.authorization ?? "")?.[1]
                  seen.push(`${protocol}//${hostname}${port === undefined ? "" : `:${port}`}${path} ${scope ?? ""}`)
                  return Promise.reject(new Error("far enough"))
                }
              }
            })
            const asked = new Sdk.DynamoDBClient(config)
            const endpoints = targets(directAsked.source(directSdk, asked, await asked.config.region()))
            for (const [operation, input, send] of inputs) {
              await send(client).catch(() => {})
              const { origin, path, region, service } = await endpoints.ask(named[operation](input), accountId)
              assert.strictEqual(`${origin}${path} ${region}/${service}`, seen.at(-1), `${operation} with ${name}`)
              const kept = endpoints.current(named[operation](input), accountId)
              assert.deepStrictEqual([kept?.origin, kept?.path], [origin, path])
            }
            assert.strictEqual(seen.length, inputs.length)
            if (name === "nothing" && accountId === mine) {
              assert.isTrue([mine, yours].every((account) => seen.some((url) => url.includes(`//${account}.ddb.`))))
            }
          }
        })
      )))

  const credentials: AwsConfig.Credentials = { accessKeyId: "AKID", secretAccessKey: Redacted.make("secret") }

  it.scopedLive("what it knows without the SDK is what the SDK finds", () =>
    Effect.gen(function*() {
      const folder = yield* Effect.acquireRelease(
        Effect.promise(() => mkdtemp(join(tmpdir(), "armature-"))),
        (path) => Effect.promise(() => rm(path, { recursive: true }))
      )
      const file = join(folder, "config")
      yield* Effect.promise(() => writeFile(file, "[default]\nuse_fips_endpoint = true\nregion = eu-west-2\n"))
      const empty = join(folder, "empty")
      yield* Effect.promise(() => writeFile(empty, ""))
      const keys = { AWS_ACCESS_KEY_ID: "AKIDENV", AWS_SECRET_ACCESS_KEY: "secret" }
      // with whether the answer is known for a region of the environment, and for one of the options
      type Case = readonly [Readonly<Record<string, string>>, ofEnvironment: boolean, ofOptions: boolean]
      const environments: ReadonlyArray<Case> = [
        [{}, true, true],
        [{ AWS_REGION: "eu-central-1", AWS_LAMBDA_FUNCTION_NAME: "f", AWS_EXECUTION_ENV: "e" }, true, true],
        [{ ...keys, AWS_SESSION_TOKEN: "token", AWS_REGION: "ap-southeast-2" }, true, true],
        [{ AWS_CONFIG_FILE: devNull, AWS_SHARED_CREDENTIALS_FILE: empty }, true, true],
        [{ AWS_REGION: "us-gov-west-1" }, false, true],
        [{ AWS_REGION: "local" }, false, true],
        ...[
          { AWS_USE_FIPS_ENDPOINT: "true" },
          { AWS_USE_DUALSTACK_ENDPOINT: "true" },
          { AWS_ENDPOINT_URL: "http://localhost:8000" },
          { AWS_ENDPOINT_URL_DYNAMODB: "http://localhost:8000" },
          { AWS_PROFILE: "other" },
          { ...keys, AWS_ACCOUNT_ID: mine },
          { AWS_CONFIG_FILE: file },
          { AWS_SHARED_CREDENTIALS_FILE: file },
          { AWS_SOMETHING_NEW: "1" }
        ].map((variables): Case => [variables, false, false])
      ]
      const given: ReadonlyArray<readonly [AwsConfig.Options, boolean]> = [
        [{}, true],
        [{ credentials }, true],
        [{ region: "us-east-1", credentials }, true],
        [{ region: "ca-west-1", credentials: () => Promise.resolve({ accessKeyId: "A", secretAccessKey: "s" }) }, true],
        [{ region: "cn-north-1", credentials }, false],
        [{ region: "us-iso-east-1", credentials }, false],
        [{ region: "eu-west-1", profile: "other", credentials }, false],
        [{ region: "eu-west-1", endpoint: "http://127.0.0.1:8000", credentials }, true],
        [{ region: "eu-west-1", endpoint: "https://Example.org/", credentials }, true],
        [{ region: "eu-west-1", endpoint: "https://example.org:8443/prefix", credentials }, false],
        [{ region: "eu-west-1", endpoint: "https://dynamodb.eu-west-1.amazonaws.com", credentials }, false],
        [{ region: "eu-west-1", endpoint: "https://user@example.org", credentials }, false]
      ]
      const asked = new Array<string>()
      for (const [variables, ofEnvironment, ofOptions] of environments) {
        for (const [options, usual] of given) {
          const nobody = { AWS_CONFIG_FILE: join(folder, "no"), AWS_SHARED_CREDENTIALS_FILE: join(folder, "no") }
          const all = { ...nobody, AWS_REGION: "eu-west-3", ...variables }
          yield* withEnv(
            all,
            Effect.gen(function*() {
              const sdk = directAsked.open(options)
              const plain = directPlain.source(options, process.env, () => Promise.reject(new Error("the SDK")))
              const about = `${JSON.stringify(all)} ${JSON.stringify(options)}`
              const hasCredentials = options.credentials !== undefined || "AWS_ACCESS_KEY_ID" in all
              const isKnown = usual && hasCredentials && (options.region === undefined ? ofEnvironment : ofOptions)
              assert.strictEqual(typeof plain !== "string", isKnown, about)
              if (typeof plain === "string") return
              asked.push(about)
              const other = yield* sdk
              assert.strictEqual(plain.region, other.region, about)
              for (const table of ["t", undefined, ["t", "u"]]) {
                assert.deepStrictEqual(
                  yield* Effect.promise(() => plain.endpoint(table, undefined)),
                  yield* Effect.promise(() => other.endpoint(table, undefined)),
                  about
                )
              }
              assert.deepStrictEqual(
                yield* Effect.promise(() => identities(plain).ask(undefined)),
                yield* Effect.promise(() => identities(other).ask(undefined)),
                about
              )
              const owned = Effect.promise(() => plain.endpoint(arn(yours, "t"), undefined))
              assert.isTrue(yield* Effect.isFailure(Effect.sandbox(owned)), "a table of another account")
              if (options.endpoint !== undefined) return
              const accounted = Effect.promise(() => plain.endpoint("t", mine))
              assert.isTrue(yield* Effect.isFailure(Effect.sandbox(accounted)), "an account in the host")
            })
          )
        }
      }
      assert.isAbove(asked.length, 10)
    }))

  it.scopedLive("without the SDK: the usual configuration, and a failure that names what is not", () =>
    Effect.gen(function*() {
      const { endpoint } = yield* serve(answer)
      const layer = (options: DynamoDB.DynamoDB.DirectOptions) =>
        DynamoDB.layerDirectWithoutSdk({ region: "eu-west-1", endpoint, credentials, retry: AwsRetry.none, ...options })
      const none = join(tmpdir(), "armature-no-such-file")
      const nobody = { AWS_CONFIG_FILE: none, AWS_SHARED_CREDENTIALS_FILE: none }
      yield* withEnv(nobody, get.pipe(Effect.provide(layer({}))))
      const failing: ReadonlyArray<
        readonly [Readonly<Record<string, string>>, DynamoDB.DynamoDB.DirectOptions, string]
      > = [
        [{}, { region: "cn-north-1" }, "region"],
        [{}, { profile: "other" }, "profile"],
        [{}, { endpoint: "http://localhost/prefix" }, "endpoint"],
        [{}, { credentials: undefined }, "credentials"],
        [{ AWS_USE_FIPS_ENDPOINT: "true" }, {}, "AWS_USE_FIPS_ENDPOINT"]
      ]
      for (const [variables, options, option] of failing) {
        const e = yield* withEnv({ ...nobody, ...variables }, Effect.flip(get.pipe(Effect.provide(layer(options)))))
        assert.strictEqual(e._tag === "ConfigurationException" ? e.option : e._tag, option)
      }
      const owned = Effect.flatMap(DynamoDB.DynamoDB, (db) => db.getItem({ TableName: arn(yours, "t"), Key: {} }))
      const e = yield* withEnv(nobody, Effect.flip(owned.pipe(Effect.provide(layer({})))))
      assert.strictEqual(e._tag === "ConfigurationException" ? e.reason : e._tag, "InvalidEndpoint")
    }))

  it.scopedLive("asks the SDK later, for what only it knows", () =>
    Effect.gen(function*() {
      const seen: Array<string> = []
      const proxy = yield* listen(
        Http.createServer().on("connect", (request: Http.IncomingMessage, client: Net.Socket) => {
          seen.push(request.url ?? "")
          client.on("error", () => {}).end("HTTP/1.1 502 no\r\n\r\n")
        })
      )
      const layer = DynamoDB.layerDirect({
        region: "eu-west-1",
        proxy: `http://127.0.0.1:${proxy.port}`,
        retry: AwsRetry.none,
        credentials: () => Promise.resolve({ accessKeyId: "A", secretAccessKey: "s", accountId: mine })
      })
      yield* Effect.forEach(["t", arn(yours, "t")], (TableName) =>
        Effect.flip(Effect.flatMap(DynamoDB.DynamoDB, (db) => db.getItem({ TableName, Key: {} })))).pipe(
          Effect.provide(layer)
        )
      assert.deepStrictEqual(
        seen,
        [mine, yours].map((account) =>
          `${account}.ddb.eu-west-1.amazonaws.com:443`
        )
      )
    }))
  const get = Effect.flatMap(DynamoDB.DynamoDB, (db) => db.getItem({ TableName: "t", Key: {} }))
  const answer = (_: unknown, response: Http.ServerResponse) => response.writeHead(200).end("{}")

  it.scopedLive("what it cannot honour is refused: a request handler, an agent, a proxy that cannot be one", () =>
    Effect.gen(function*() {
      for (
        const [option, value] of [
          ["requestHandler", "not one"],
          ["httpAgent", "not one"],
          ["proxy", "not one"],
          ["proxy", "proxy.example.org:3128"],
          ["proxy", "socks5://proxy.example.org:1080"],
          ["proxy", "http://user:50%off@proxy.example.org:3128"]
        ] as const
      ) {
        const options = { region: "eu-west-1", credentials, [option]: value }
        const e = yield* Effect.flip(get.pipe(Effect.provide(DynamoDB.layerDirect(options))))
        assert.deepStrictEqual(e._tag === "ConfigurationException" ? e.option : e._tag, option)
      }
    }))

  it.scopedLive("goes through a proxy where it is given one", () =>
    Effect.gen(function*() {
      const { endpoint } = yield* serve(answer)
      const tunnels: Array<string> = []
      const proxy = Http.createServer()
      proxy.on("connect", (request: Http.IncomingMessage, client: Net.Socket) => {
        tunnels.push(request.url ?? "")
        const server = Net.connect(Number(new URL(endpoint).port), "127.0.0.1", () => {
          client.write("HTTP/1.1 200 OK\r\n\r\n")
          server.pipe(client).pipe(server)
        })
        client.on("error", () => server.destroy())
        server.on("error", () => client.destroy())
      })
      const { port } = yield* listen(proxy)
      const layer = DynamoDB.layerDirect({
        region: "eu-west-1",
        endpoint,
        credentials,
        proxy: `http://127.0.0.1:${port}`,
        retry: AwsRetry.none
      })
      yield* Effect.zipRight(get, get).pipe(Effect.provide(layer))
      assert.deepStrictEqual(tunnels, [new URL(endpoint).host])
    }))

  it.scopedLive("speaks TLS, with a server whose certificate it can trust and no other, through a proxy too", () =>
    Effect.gen(function*() {
      const sockets = new Set<unknown>()
      const { port } = yield* listen(Https.createServer({ key, cert }, (request, response) => {
        sockets.add(request.socket)
        request.resume().on("end", () => answer(request, response))
      }))
      const proxy = yield* listen(
        Http.createServer().on("connect", (_: unknown, client: Net.Socket) => {
          const server = Net.connect(port, "127.0.0.1", () => {
            client.write("HTTP/1.1 200 OK\r\n\r\n")
            server.pipe(client).pipe(server)
          })
          client.on("error", () => server.destroy())
          server.on("error", () => client.destroy())
        })
      )
      const options = { region: "eu-west-1", endpoint: `https://localhost:${port}`, credentials, retry: AwsRetry.none }
      const layers = [
        DynamoDB.layerDirect(options),
        DynamoDB.layerDirect({ ...options, proxy: `http://127.0.0.1:${proxy.port}` })
      ]
      for (const layer of layers) {
        const e = yield* Effect.flip(get).pipe(Effect.provide(layer))
        assert.strictEqual(e._tag === "ConfigurationException" ? e.reason : e._tag, "UntrustedCertificate")
        const before = sockets.size
        yield* withEnv(
          { NODE_TLS_REJECT_UNAUTHORIZED: "0" },
          Effect.zipRight(get, get).pipe(Effect.provide(layer))
        )
        assert.strictEqual(sockets.size, before + 1)
      }
    }))

  it.scopedLive("a large request arrives whole, and a large answer", () =>
    Effect.gen(function*() {
      const text = "ü".repeat(150_000)
      const sent = { TableName: "t", Key: { id: { S: text } }, ReturnConsumedCapacity: "TOTAL" as const }
      let length = 0
      const { endpoint } = yield* serve(
        (_, response) => response.writeHead(200).end(JSON.stringify({ Item: { id: { S: text } } })),
        (request) => request.on("data", (chunk: Buffer) => length += chunk.length)
      )
      const layer = DynamoDB.layerDirect({ region: "eu-west-1", endpoint, credentials, retry: AwsRetry.none })
      const { Item } = yield* Effect.flatMap(
        DynamoDB.DynamoDB,
        (db) => db.getItem(sent)
      ).pipe(Effect.provide(layer))
      assert.isTrue(Item?.id?.S === text)
      assert.strictEqual(length, Buffer.byteLength(JSON.stringify(sent)))
    }))

  /** Moves the wall clock, as a process that was frozen finds it moved. */
  const later = (millis: number) =>
    Effect.acquireRelease(
      Effect.sync(() => {
        const real = Date.now.bind(Date)
        return vi.spyOn(Date, "now").mockImplementation(() => real() + millis)
      }),
      (spy) => Effect.sync(() => spy.mockRestore())
    )

  it.scopedLive("a socket is used again, but not when it lay idle for more than four seconds of the wall clock", () =>
    Effect.gen(function*() {
      const sockets = new Set<unknown>()
      const { endpoint } = yield* serve((request, response) => {
        sockets.add(request.socket)
        answer(request, response)
      })
      const options = { region: "eu-west-1", endpoint, credentials, retry: AwsRetry.none }
      yield* Effect.gen(function*() {
        yield* get
        yield* get
        assert.strictEqual(sockets.size, 1)
        yield* later(4_500)
        yield* get
        assert.strictEqual(sockets.size, 2)
      }).pipe(Effect.provide(DynamoDB.layerDirect(options)))
    }))

  it.scopedLive("a call that outlives its Layer ends, and leaves no connection behind", () =>
    Effect.gen(function*() {
      const sockets = new Set<Net.Socket>()
      const { endpoint } = yield* serve((request, response) => {
        sockets.add(request.socket)
        answer(request, response)
      })
      const asked = yield* Deferred.make<void>()
      const given = yield* Deferred.make<void>()
      const provider = () =>
        Effect.runPromise(
          Deferred.succeed(asked, undefined).pipe(
            Effect.zipRight(Deferred.await(given)),
            Effect.as({ accessKeyId: "AKID", secretAccessKey: "secret" })
          )
        )
      const options = { region: "eu-west-1", endpoint, credentials: provider, retry: AwsRetry.none }
      const call = yield* Effect.gen(function*() {
        const call = yield* Effect.forkDaemon(get)
        yield* Deferred.await(asked)
        return call
      }).pipe(Effect.provide(DynamoDB.layerDirect(options)))
      yield* Deferred.succeed(given, undefined)
      yield* Fiber.join(call)
      assert.strictEqual(sockets.size, 1)
      for (const socket of sockets) {
        yield* Effect.async<void>((resume) => {
          if (socket.destroyed) resume(Effect.void)
          else socket.once("close", () => resume(Effect.void))
        })
      }
    }))

  it.scopedLive("credentials are had anew five minutes before they expire", () =>
    Effect.gen(function*() {
      let provided = 0
      const { endpoint } = yield* serve(answer)
      const provider = () => {
        provided++
        // the machine's time, as a provider has it
        const expiration = new Date(performance.timeOrigin + performance.now() + 310_000)
        return Promise.resolve({ accessKeyId: `AKID${provided}`, secretAccessKey: "secret", expiration })
      }
      const options = { region: "eu-west-1", endpoint, credentials: provider, retry: AwsRetry.none }
      yield* Effect.gen(function*() {
        yield* get
        yield* get
        assert.strictEqual(provided, 1)
        yield* later(15_000)
        yield* get
        assert.strictEqual(provided, 2)
      }).pipe(Effect.provide(DynamoDB.layerDirect(options)))
    }))
})

/** Of a server on the loopback interface, and of nothing else. */
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgje7z9+jItCDhtKDO
BGN4otj6AcXINwAV7Iaz4mnY5NChRANCAARZ7Wt5tET5sF2+86uQSaqBzeX1Zq6K
aWq2+/tKIxAVv9eqMjidYxVjFFd3Cy2HJkZR8KBnjxhK94TgNuKm5uHV
-----END PRIVATE KEY-----`
const cert = `-----BEGIN CERTIFICATE-----
MIIBnDCCAUGgAwIBAgIUd9YeoG32CaldJCDQkl2WcaOMRFcwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMzEyMzczMFoYDzIxMjYxMDMw
MTIzNzMwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARZ7Wt5tET5sF2+86uQSaqBzeX1Zq6KaWq2+/tKIxAVv9eqMjidYxVj
FFd3Cy2HJkZR8KBnjxhK94TgNuKm5uHVo28wbTAdBgNVHQ4EFgQUuqrvu8VHax7o
z+NSvT7nE/lJP+IwHwYDVR0jBBgwFoAUuqrvu8VHax7oz+NSvT7nE/lJP+IwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSQAwRgIhALIMRuVFZbgO8souYZGV67TdIzjCU+RUwzwfAQ2X+I8ZAiEA
nTAAhtPWqSbVK1/EAgNU+Ixonr/CerQYLMgOypSw4eA=
-----END CERTIFICATE-----`
