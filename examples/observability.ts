/**
 * Traces, metrics and logs of a small shop to a collector of OpenTelemetry. For `docs/observability.md`. The collector is in this process,
 * and so are DynamoDB and KMS, behind the HTTP endpoint; some requests are throttled and some answers late, by fault rules.
 *
 *     npm run example -- examples/observability.ts
 */
import { AwsConfig } from "@armature/aws"
import { Document, DynamoDB, Expression } from "@armature/dynamodb"
import { Kms } from "@armature/kms"
import { Endpoint, LocalDynamoDB, LocalKms } from "@armature/local"
import * as Otlp from "@effect/opentelemetry/Otlp"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { Chunk, Console, Effect, Layer, Logger, Redacted, Schedule, Stream } from "effect"
import { writeFileSync } from "node:fs"
import { collector } from "./collector.js"
import { accounts, orders } from "./tables.js"

const bank = accounts.TableName ?? ""

/** For `scripts/pictures.mjs`: a file for what was received, and how long to go on. */
const [out, seconds = "2"] = process.argv.slice(2)

/** Ends of spans, metrics and log lines go where `baseUrl` says. */
const telemetry = (baseUrl: string) =>
  Otlp.layerJson({
    baseUrl,
    resource: { serviceName: "shop", serviceVersion: "1.0.0" },
    replaceLogger: Logger.defaultLogger,
    metricsExportInterval: "250 millis" // a real collector is served well by the default, ten seconds
  }).pipe(Layer.provide(FetchHttpClient.layer))

// ------------------------------------------------------------------------------------------------------------------ the shop

const price = Effect.fn("price")(function*(customer: string) {
  const document = yield* Document.Document
  const before = yield* document.query.items("orders", { keyCondition: Expression.eq("customer", customer), limit: 50 })
    .pipe(Stream.take(100), Stream.runCollect)
  return Chunk.size(before) > 10 ? 9 : 10
})

const receipt = Effect.fn("receipt")(function*(id: string) {
  const kms = yield* Kms.Kms
  return yield* kms.generateDataKey({ KeyId: "alias/receipts", KeySpec: "AES_256", EncryptionContext: { order: id } })
})

const checkout = Effect.fn("checkout")(function*(customer: string, id: string) {
  const document = yield* Document.Document
  const amount = yield* price(customer)
  yield* document.transactWriteItems([
    {
      update: bank,
      key: { id: customer },
      changes: { set: { balance: Expression.minus("balance", amount) } },
      condition: Expression.ge("balance", amount)
    },
    { put: "orders", item: { customer, id, amount } }
  ])
  yield* receipt(id)
  yield* Effect.logInfo("checked out")
})

/** Customers, some at a time. */
const customers = Effect.gen(function*() {
  const document = yield* Document.Document
  yield* document.batchWriteItem(
    ["ada", "bob", "eve"].map((id) => ({ put: bank, item: { id, balance: id === "eve" ? 40 : 100_000 } }))
  )
  yield* Stream.range(1, 10_000).pipe(
    Stream.mapEffect((n) =>
      checkout(["ada", "bob", "eve"][n % 3] ?? "ada", String(n)).pipe(
        Effect.catchTag("TransactionCanceledException", () => Effect.logInfo("not enough money"))
      ), { concurrency: 4, unordered: true }),
    Stream.interruptAfter(`${Number(seconds)} seconds`),
    Stream.runDrain
  )
})

// --------------------------------------------------------------------------------------------------------- AWS on this machine

/** On AWS: `AwsConfig.layer({ region })`, and no endpoint. */
const aws = Layer.unwrapScoped(Effect.gen(function*() {
  const dynamodb = yield* LocalDynamoDB.make({ tables: [accounts, orders], log: false })
  const kms = yield* LocalKms.make({ keys: ["receipts"], log: false })
  const { url } = yield* Endpoint.make({
    dynamodb: Endpoint.fromEngine(dynamodb.local.engine),
    kms: Endpoint.fromEngine(kms.local.engine),
    rules: [
      { service: "DynamoDB", operation: "Query", probability: 0.1, seed: 1, failure: { code: "ThrottlingException" } },
      { service: "DynamoDB", operation: "TransactWriteItems", probability: 0.2, seed: 2, latency: 30 },
      { service: "KMS", operation: "GenerateDataKey", nth: "every", latency: 5 }
    ]
  })
  const config = AwsConfig.layer({
    region: "eu-central-1",
    endpoint: url,
    credentials: { accessKeyId: "example", secretAccessKey: Redacted.make("example") },
    // shorter than the default, so that a short run shows it
    retry: Schedule.spaced("20 millis").pipe(Schedule.intersect(Schedule.recurs(4)))
  })
  return Document.layer.pipe(Layer.provideMerge(DynamoDB.layer()), Layer.merge(Kms.layer()), Layer.provide(config))
}))

const program = Effect.gen(function*() {
  const { received, url } = yield* collector
  // the exporters send what is left when their scope closes
  yield* customers.pipe(Effect.provide(aws), Effect.provide(telemetry(url)))
  const count = (path: string) => received.filter((one) => one.path === path).length
  yield* Console.log(
    `the collector had ${count("/v1/traces") > 0 ? "traces" : "no traces"}, ${
      count("/v1/metrics") > 2 ? "metrics" : "no metrics"
    } and ${count("/v1/logs") > 0 ? "logs" : "no logs"}`
  )
  if (out !== undefined) writeFileSync(out, JSON.stringify(received))
})

await Effect.runPromise(Effect.scoped(program))
