/** What is written and read has a type; numbers have the type that was chosen. */
import type { SerializationException } from "@armature/aws/Exceptions"
import * as AttributeValue from "@armature/dynamodb/AttributeValue"
import type { ItemTooLargeException } from "@armature/dynamodb/DynamoDBException"
import * as Item from "@armature/dynamodb/Item"
import type * as Sdk from "@aws-sdk/client-dynamodb"
import type { BigDecimal } from "effect/BigDecimal"
import type { Either } from "effect/Either"
import { describe, expect, it } from "tstyche"

declare const value: Sdk.AttributeValue
declare const item: Record<string, Sdk.AttributeValue>

describe("AttributeValue", () => {
  it("writes what the SDK's inputs take", () => {
    expect(AttributeValue.encode(1)).type.toBe<Either<Sdk.AttributeValue, SerializationException>>()
    expect(AttributeValue.encodeItem({ a: 1 })).type.toBe<
      Either<Record<string, Sdk.AttributeValue>, SerializationException>
    >()
    expect<Item.Item>().type.toBe<NonNullable<Sdk.PutItemCommandInput["Item"]>>()
  })

  it("reads numbers as they were asked for", () => {
    expect(AttributeValue.decode(value)).type.toBe<Either<AttributeValue.Native<number>, SerializationException>>()
    expect(AttributeValue.decode(value, { numbers: "bigint" })).type.toBe<
      Either<AttributeValue.Native<bigint>, SerializationException>
    >()
    expect(AttributeValue.decodeItem(item, { numbers: "BigDecimal" })).type.toBe<
      Either<AttributeValue.NativeItem<BigDecimal>, SerializationException>
    >()
    expect(AttributeValue.decode).type.not.toBeCallableWith(value, { numbers: "string" })
    expect(AttributeValue.decode).type.not.toBeCallableWith(value, {})
  })

  it("reads what is readonly, and not what is no attribute value", () => {
    expect(AttributeValue.decode).type.toBeCallableWith({ L: [{ S: "a" }] } as const)
    expect(AttributeValue.decode).type.not.toBeCallableWith("a")
    expect(AttributeValue.decode).type.not.toBeCallableWith({ S: 1 })
  })
})

describe("Item", () => {
  it("gives back the item that it checked", () => {
    expect(Item.checkSize(item)).type.toBe<Either<Record<string, Sdk.AttributeValue>, ItemTooLargeException>>()
    expect(Item.checkSize).type.not.toBeCallableWith(item, { max: 1 })
  })
})
