import type * as Exceptions from "@armature/aws/Exceptions"
import * as HotPartitions from "@armature/dynamodb/HotPartitions"
import * as RateLimit from "@armature/dynamodb/RateLimit"
import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Stream from "effect/Stream"
import { describe, expect, it } from "tstyche"

declare const program: Effect.Effect<"done", "failed", "needed">

describe("RateLimit", () => {
  it("adds its own failure to a program, and nothing else", () => {
    const limited = program.pipe(RateLimit.withLimits(RateLimit.fixed({ read: 1 })))
    expect(limited).type.toBe<Effect.Effect<"done", "failed" | Exceptions.ConfigurationException, "needed">>()
    expect(RateLimit.withLimits(program, { orders: RateLimit.adaptive({ min: 1, max: 2 }) })).type.toBe<
      Effect.Effect<"done", "failed" | Exceptions.ConfigurationException, "needed">
    >()
  })

  it("is a Layer that gives nothing, for tables, indexes or everything", () => {
    const fixed = RateLimit.fixed({ read: 1, write: 2, burst: 3 })
    expect(RateLimit.layer(fixed)).type.toBe<Layer.Layer<never, Exceptions.ConfigurationException>>()
    expect(RateLimit.layer({ orders: fixed, "orders/byStatus": RateLimit.adaptive({ min: 1, max: 2 }) })).type.toBe<
      Layer.Layer<never, Exceptions.ConfigurationException>
    >()
  })

  it("takes no option that it does not know, and no bound too few", () => {
    expect(RateLimit.fixed).type.not.toBeCallableWith({ rate: 1 })
    expect(RateLimit.adaptive).type.not.toBeCallableWith({ min: 1 })
    expect(RateLimit.layer).type.not.toBeCallableWith({ orders: { read: 1 } })
  })
})

describe("HotPartitions", () => {
  it("needs the name of each table's partition key", () => {
    expect(HotPartitions.layer).type.not.toBeCallableWith({ tables: { orders: { read: 1 } } })
    expect(HotPartitions.layer({ tables: { orders: { key: "pk" } } })).type.toBe<
      Layer.Layer<never, Exceptions.ConfigurationException>
    >()
  })

  it("gives its warnings to whoever asks", () => {
    expect(HotPartitions.warnings).type.toBe<Stream.Stream<HotPartitions.Warning>>()
  })
})
