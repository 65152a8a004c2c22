import * as Wire from "@armature/aws/WireFailure"
import { describe, it } from "@effect/vitest"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { inspect } from "node:util"
import { assert } from "vitest"
import {
  Armature,
  AwsRetry,
  type DynamoDB,
  Faults,
  Kms,
  Local,
  LocalDynamoDB,
  LocalKms,
  LocalS3,
  Table
} from "../src/index.js"

const App = Table.make("app", { key: ["pk", "sk"], indexes: { gsi1: ["g1pk", "g1sk"] }, timeToLive: "expiresAt" })

const plain = Table.make("plain", { key: ["id"] })

const world = Local.layer({
  tables: [Table.definition(plain)],
  keys: ["pii"],
  buckets: ["files"],
  region: "us-east-1"
})

/** Nothing is sent again: what is found is found at once. */
const once = Effect.provide(Layer.merge(world, AwsRetry.layer(AwsRetry.none)))

const tags = ({ findings }: Armature.Report) => findings.map(({ _tag }) => _tag)

const answered = (code: string, statusCode = 400) => Wire.serviceFault({ code, message: "", statusCode })

const always = { nth: "every" } as const

describe("Armature.check", () => {
  it.effect("finds nothing where all is as it should be, and changes nothing", () =>
    Effect.gen(function*() {
      yield* Table.create(App)
      const report = yield* Armature.check({
        tables: [App, plain],
        keys: [{ key: "alias/pii", rights: ["seal", "open"], table: "app", context: { tenant: "a" } }],
        buckets: ["files", { bucket: "files", region: "us-east-1" }]
      })
      assert.deepStrictEqual(report, { ok: true, findings: [] })
      yield* Armature.checkOrFail({ tables: [App] })
      const kms = yield* (yield* LocalKms.LocalKms).calls
      // a data key that is generated in earnest would be one that nobody keeps
      assert.deepStrictEqual(
        kms.map((
          { input, operation }
        ) => [operation, Reflect.get(Object(input), "DryRun"), Reflect.get(Object(input), "EncryptionContext")]),
        [
          ["GenerateDataKey", true, { tenant: "a", "armature.table": "app" }],
          ["Decrypt", true, { tenant: "a", "armature.table": "app" }]
        ]
      )
    }).pipe(once))

  it.effect("tables that are missing, otherwise than declared, or have no name here", () =>
    Effect.gen(function*() {
      const other = Table.make("plain", { key: ["id", "at"], logicalName: "other" })
      const nameless = Table.make(Config.string("NO_SUCH_NAME"), { key: ["id"], logicalName: "nameless" })
      const report = yield* Armature.check({ tables: [nameless, App, other, plain] })
      assert.deepStrictEqual(tags(report), ["TableName", "TableMissing", "TableDifferent"])
      const [name, missing, different] = report.findings
      assert.deepInclude(name, { table: "nameless" })
      assert.deepInclude(missing, { table: "app" })
      assert.ok(different?._tag === "TableDifferent")
      assert.deepStrictEqual(different.differences.map(({ _tag }) => _tag), ["Key"])
      assert.match(different.fix, /another key/)
    }).pipe(once))

  it.effect("keys that are missing, disabled, waiting for their end, or of another kind", () =>
    Effect.gen(function*() {
      const kms = yield* Kms.Kms
      const made = (input: Parameters<Kms.Kms.Service["createKey"]>[0]) =>
        Effect.map(kms.createKey(input), ({ KeyMetadata }) => KeyMetadata?.KeyId ?? "")
      const [disabled, ending, signing] = yield* Effect.all([
        made({}),
        made({}),
        made({ KeySpec: "ECC_NIST_P256", KeyUsage: "SIGN_VERIFY" })
      ])
      yield* kms.disableKey({ KeyId: disabled })
      yield* kms.scheduleKeyDeletion({ KeyId: ending })
      const report = yield* Armature.check({
        keys: ["alias/none", disabled, ending, signing].map((key) => ({ key, rights: ["seal", "open"] as const }))
      })
      // each once, though both rights were tried
      assert.deepStrictEqual(tags(report), ["KeyMissing", "KeyDisabled", "KeyState", "KeyUsage"])
    }).pipe(once))

  it.effect("each right of a key on its own", () =>
    Armature.check({ keys: [{ key: "alias/pii", rights: ["seal", "open"] }] }).pipe(
      LocalKms.withFaults([
        { operation: "GenerateDataKey", failure: Faults.accessDenied, ...always },
        { operation: "Decrypt", failure: Faults.accessDenied, ...always }
      ]),
      Effect.map((report) =>
        assert.deepStrictEqual(
          report.findings.map((one) => one._tag === "AccessDenied" ? [one.action, one.resource] : one._tag),
          [["kms:GenerateDataKey", "alias/pii"], ["kms:Decrypt", "alias/pii"]]
        )
      ),
      once
    ))

  it.effect("only the rights that are asked for are tried", () =>
    Effect.gen(function*() {
      yield* Armature.check({ keys: [{ key: "alias/pii", rights: ["open"] }] })
      const calls = yield* (yield* LocalKms.LocalKms).calls
      assert.deepStrictEqual(calls.map(({ operation }) => operation), ["Decrypt"])
    }).pipe(once))

  it.effect("buckets that are missing, closed, or elsewhere", () =>
    Effect.gen(function*() {
      const report = yield* Armature.check({
        buckets: ["none", { bucket: "files", region: "eu-central-1" }]
      })
      assert.deepStrictEqual(tags(report), ["BucketMissing", "BucketRegion"])
      assert.deepInclude(report.findings[1], { bucket: "files", region: "us-east-1" })
      const elsewhere = yield* Armature.check({ buckets: ["files"] }).pipe(
        LocalS3.withFaults([{ operation: "HeadBucket", failure: answered("PermanentRedirect", 301), ...always }])
      )
      assert.deepStrictEqual(tags(elsewhere), ["BucketRegion"])
      const closed = yield* Armature.check({ buckets: ["files"] }).pipe(
        LocalS3.withFaults([{ operation: "HeadBucket", failure: answered("AccessDenied", 403), ...always }])
      )
      // a HEAD has no right of its own
      assert.deepInclude(closed.findings[0], { _tag: "AccessDenied", action: "s3:ListBucket", resource: "files" })
    }).pipe(once))

  it.effect("credentials that are no good are told once for each service, with what is wrong with them", () =>
    Armature.check({ tables: [App, plain], keys: [{ key: "alias/pii", rights: ["seal"] }], buckets: ["files"] }).pipe(
      LocalDynamoDB.withFaults([{
        operation: "DescribeTable",
        failure: answered("UnrecognizedClientException"),
        ...always
      }]),
      LocalKms.withFaults([{
        operation: "GenerateDataKey",
        failure: answered("RequestTimeTooSkewed", 403),
        ...always
      }]),
      Effect.map((report) =>
        assert.deepStrictEqual(
          report.findings.map((one) => one._tag === "Credentials" ? [one.service, one.reason] : one._tag),
          [["DynamoDB", "Invalid"], ["KMS", "ClockSkew"]]
        )
      ),
      once
    ))

  it.effect("without tables, DynamoDB is asked whether it lets these credentials in, not whether they may list", () =>
    Effect.gen(function*() {
      const asked = (failure: Faults.Rule<DynamoDB.Operations>) =>
        Effect.map(Armature.check({}).pipe(LocalDynamoDB.withFaults([failure])), tags)
      assert.deepStrictEqual(
        yield* asked({ operation: "ListTables", failure: Faults.accessDenied, ...always }),
        []
      )
      assert.deepStrictEqual(
        yield* asked({ operation: "ListTables", failure: answered("InvalidSignatureException"), ...always }),
        ["Credentials"]
      )
    }).pipe(once))

  it.effect("a service that is not reached, one that throttles, and one that says what nobody knows", () =>
    Effect.gen(function*() {
      const of = (failure: Wire.WireFailure) =>
        Armature.check({ tables: [plain] }).pipe(
          LocalDynamoDB.withFaults([{ operation: "DescribeTable", failure, ...always }])
        )
      assert.deepStrictEqual(tags(yield* of(Faults.connectionRefused)), ["Unreachable"])
      assert.deepStrictEqual(tags(yield* of(Faults.internalError)), ["Unreachable"])
      assert.deepStrictEqual(tags(yield* of(Faults.throttled())), ["Unreachable"])
      assert.deepInclude((yield* of(answered("NeverHeardOfException"))).findings[0], {
        _tag: "Failed",
        service: "DynamoDB",
        operation: "DescribeTable",
        resource: "plain"
      })
      const denied = yield* of(Faults.accessDenied)
      assert.deepInclude(denied.findings[0], {
        _tag: "AccessDenied",
        action: "dynamodb:DescribeTable",
        resource: "plain"
      })
    }).pipe(once))

  it.effect("a client that is set up wrong", () =>
    Armature.check({ buckets: ["files"], keys: [{ key: "alias/pii", rights: ["seal"] }] }).pipe(
      LocalKms.withFaults([{
        operation: "GenerateDataKey",
        failure: Wire.configurationFault(new Error("Region is missing")),
        ...always
      }]),
      Effect.map((report) => {
        assert.deepStrictEqual(tags(report), ["Misconfigured"])
        assert.match(report.findings[0]?.fix ?? "", /AWS_REGION/)
      }),
      once
    ))

  it.effect("findings come in the order in which they were asked for, and no more than so many at once", () =>
    Effect.gen(function*() {
      const names = ["t1", "t2", "t3", "t4", "t5"]
      const tables = names.map((name) => Table.make(name, { key: ["id"] }))
      let [now, most] = [0, 0]
      const counted = tables.map((table, i) => ({
        ...table,
        physicalName: Effect.acquireUseRelease(
          Effect.sync(() => {
            most = Math.max(most, ++now)
          }),
          // the first ends last
          () => Effect.as(Effect.repeatN(Effect.yieldNow(), 20 * (5 - i)), names[i] ?? ""),
          () =>
            Effect.sync(() => {
              now--
            })
        )
      }))
      const report = yield* Armature.check({ tables: counted, concurrency: 2 })
      assert.deepStrictEqual(report.findings.map((one) => one._tag === "TableMissing" ? one.table : one._tag), names)
      assert.strictEqual(most, 2)
    }).pipe(once))

  it.effect("checkOrFail fails with the report, and says what to do about all of it", () =>
    Effect.gen(function*() {
      const failed = yield* Effect.flip(Armature.checkOrFail({ tables: [App], buckets: ["none"] }))
      assert.strictEqual(failed._tag, "CheckFailedException")
      assert.deepStrictEqual(tags(failed.report), ["TableMissing", "BucketMissing"])
      assert.match(failed.message, /create the table app.*; create the bucket none/)
      assert.match(inspect(failed, { depth: 3 }), /create the table app/)
    }).pipe(once))
})
