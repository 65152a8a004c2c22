import * as AwsConfig from "@armature/aws/AwsConfig"
import * as AwsRetry from "@armature/aws/AwsRetry"
import { ResourceNotFoundException } from "@armature/aws/Exceptions"
import type { Transport } from "@armature/aws/Transport"
import * as Wire from "@armature/aws/WireFailure"
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import { ConditionalCheckFailedException } from "@armature/dynamodb/DynamoDBException"
import { describe, it } from "@effect/vitest"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import { assert } from "vitest"

const get = Effect.flatMap(DynamoDB.DynamoDB, (db) => db.getItem({ TableName: "t", Key: { id: { S: "1" } } }))
const update = Effect.flatMap(DynamoDB.DynamoDB, (db) => db.updateItem({ TableName: "t", Key: { id: { S: "1" } } }))
const put = Effect.flatMap(DynamoDB.DynamoDB, (db) => db.putItem({ TableName: "t", Item: { id: { S: "1" } } }))

/** A transport that fails each request, and how often it was asked. */
const failing = (failure: Wire.WireFailure) => {
  const asked = { count: 0 }
  const transport: Transport<DynamoDB.Operations> = {
    info: { region: "r", serverAddress: undefined, serverPort: undefined },
    send: () =>
      Effect.suspend(() => {
        asked.count++
        return Effect.fail(failure)
      })
  }
  return { asked, transport: Layer.succeed(DynamoDB.DynamoDBTransport, transport) }
}

const invalid = Wire.serviceFault({ code: "ThrottlingException", message: "", statusCode: 400 })
const lost = Wire.connectionFault({ phase: "sent", timeout: false, cause: undefined })

describe("layerFake", () => {
  it.effect("does what its handlers say", () =>
    Effect.gen(function*() {
      const fake = DynamoDB.layerFake({
        getItem: (input) =>
          input.TableName === "t"
            ? Effect.succeed({ Item: { id: { S: "1" } } })
            : Effect.fail(new ResourceNotFoundException({ resource: "other" }))
      })
      assert.deepStrictEqual((yield* Effect.provide(get, fake)).Item, { id: { S: "1" } })
    }))

  it.effect("says which handler is missing, in the channel", () =>
    Effect.gen(function*() {
      const e = yield* Effect.flip(Effect.provide(update, DynamoDB.layerFake({})))
      assert.deepStrictEqual([e._tag, e.operation], ["ConfigurationException", "UpdateItem"])
      assert.include(e.message, "layerFake")
      const ping = Effect.flatMap(DynamoDB.DynamoDB, (db) => db.ping)
      assert.strictEqual(
        (yield* Effect.flip(Effect.provide(ping, DynamoDB.layerFake({}))))._tag,
        "ConfigurationException"
      )
    }))

  it.effect("fails with a condition where there is one, and only there", () =>
    Effect.gen(function*() {
      const fake = DynamoDB.layerFake({
        putItem: () => Effect.fail(new ConditionalCheckFailedException({ item: Option.none<DynamoDB.Item>() }))
      })
      const conditional = Effect.flatMap(DynamoDB.DynamoDB, (db) =>
        db.putItem({ TableName: "t", Item: { id: { S: "1" } }, ConditionExpression: "attribute_not_exists(id)" }))
      assert.strictEqual(
        (yield* Effect.flip(Effect.provide(conditional, fake)))._tag,
        "ConditionalCheckFailedException"
      )
      assert.strictEqual((yield* Effect.flip(Effect.provide(put, fake)))._tag, "ServiceException")
    }))
})

describe("options", () => {
  it.effect("AwsConfig is resolved field by field; an option given as undefined is not given", () =>
    Effect.gen(function*() {
      const resolved = yield* AwsConfig.resolve({
        region: undefined,
        endpoint: "http://own",
        timeouts: { connect: "1 second" }
      }).pipe(
        Effect.provide(AwsConfig.layer({
          region: "eu-west-1",
          endpoint: "http://base",
          timeouts: { connect: "9 seconds", request: "2 seconds" },
          resend: "never"
        }))
      )
      assert.deepStrictEqual(resolved, {
        region: "eu-west-1",
        endpoint: "http://own",
        timeouts: { connect: "1 second", request: "2 seconds" },
        resend: "never"
      })
    }))

  it.effect("layerTransport takes policy and resend from the context it is built in", () =>
    Effect.gen(function*() {
      const { asked, transport } = failing(invalid)
      yield* Effect.flip(Effect.provide(
        get,
        DynamoDB.layerTransport.pipe(
          Layer.provide(AwsRetry.layer(Schedule.recurs(4))),
          Layer.provide(transport)
        )
      ))
      assert.strictEqual(asked.count, 5)
      const never = failing(lost)
      yield* Effect.flip(Effect.provide(
        put,
        DynamoDB.layerTransport.pipe(
          Layer.provide(AwsConfig.layer({ resend: "never", retry: Schedule.recurs(4) })),
          Layer.provide(never.transport)
        )
      ))
      assert.strictEqual(never.asked.count, 1)
    }))

  it.effect("a Layer's own policy wins over the one it is built in, a program's over both", () =>
    Effect.gen(function*() {
      const { asked, transport } = failing(invalid)
      const layer = Layer.effect(DynamoDB.DynamoDB, DynamoDB.make({ retry: Schedule.recurs(1) })).pipe(
        Layer.provide(AwsRetry.layer(Schedule.recurs(9))),
        Layer.provide(transport)
      )
      yield* Effect.flip(Effect.provide(get, layer))
      assert.strictEqual(asked.count, 2)
      asked.count = 0
      yield* Effect.flip(get.pipe(AwsRetry.withPolicy(AwsRetry.none), Effect.provide(layer)))
      assert.strictEqual(asked.count, 1)
    }))

  it.effect("layerConfig reads its options from Config, and fails as Config does", () =>
    Effect.gen(function*() {
      const layer = DynamoDB.layerConfig({
        region: Config.string("REGION"),
        endpoint: Config.string("ENDPOINT"),
        credentials: Config.all({
          accessKeyId: Config.string("KEY"),
          secretAccessKey: Config.redacted("SECRET")
        })
      })
      const settings = new Map([["REGION", "eu-west-1"], ["ENDPOINT", "nowhere"], ["KEY", "k"], ["SECRET", "s"]])
      const built = Effect.provide(get, layer).pipe(Effect.flip)
      const wrong = yield* Effect.withConfigProvider(built, ConfigProvider.fromMap(settings))
      assert.strictEqual(wrong._tag === "ConfigurationException" ? wrong.reason : wrong._tag, "InvalidEndpoint")
      settings.delete("REGION")
      const missing = yield* Effect.withConfigProvider(built, ConfigProvider.fromMap(settings))
      assert.strictEqual("_op" in missing ? missing._op : missing._tag, "MissingData")
    }))

  it.live("no region to be found is a ConfigurationException of the Layer", () =>
    Effect.gen(function*() {
      const layer = DynamoDB.layer({ credentials: { accessKeyId: "k", secretAccessKey: Redacted.make("s") } })
      const e = yield* Effect.flip(Effect.provide(get, layer))
      assert.strictEqual(e._tag === "ConfigurationException" ? e.reason : e._tag, "RegionMissing")
    }))

  it.live("an empty chain is a CredentialsException of the call", () =>
    Effect.gen(function*() {
      const e = yield* Effect.flip(
        Effect.provide(update, DynamoDB.layer({ region: "eu-west-1", endpoint: "http://127.0.0.1:9" }))
      )
      assert.strictEqual(e._tag === "CredentialsException" ? e.reason : e._tag, "Missing")
    }))
})
