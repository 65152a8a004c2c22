/** Items and the reasons of a canceled transaction, as they come out of a failure whose members nobody has typed. */
import { asRecord } from "@armature/aws/Classify"
import type { AttributeValue } from "@aws-sdk/client-dynamodb"
import * as Option from "effect/Option"
import type { CancellationReason } from "../DynamoDBException.js"

/** An item in wire form: attribute values by attribute name. */
export type Item = Record<string, AttributeValue>

export type TransactionReasons = ReadonlyArray<CancellationReason<Item>>

const strings = (u: unknown): boolean => Array.isArray(u) && u.every((s) => typeof s === "string")
const bytes = (u: unknown): boolean => u instanceof Uint8Array

const valid: { readonly [type: string]: (u: unknown) => boolean } = {
  S: (u) => typeof u === "string",
  N: (u) => typeof u === "string",
  B: bytes,
  BOOL: (u) => typeof u === "boolean",
  NULL: (u) => typeof u === "boolean",
  SS: strings,
  NS: strings,
  BS: (u) => Array.isArray(u) && u.every(bytes),
  L: (u) => Array.isArray(u) && u.every(isAttributeValue),
  M: (u) => isItem(u)
}

/** Whether a value is an attribute value: exactly one type, holding what that type holds. */
const isAttributeValue = (u: unknown): u is AttributeValue => {
  if (typeof u !== "object" || u === null) return false
  const [entry, ...more] = Object.entries(u).filter(([, value]) => value !== undefined)
  return entry !== undefined && more.length === 0 && Object.hasOwn(valid, entry[0]) &&
    valid[entry[0]]?.(entry[1]) === true
}

/** Whether a value is an item: an object of attribute values. */
const isItem = (u: unknown): u is Item =>
  typeof u === "object" && u !== null && !Array.isArray(u) && Object.values(u).every(isAttributeValue)

/** The item of a failure; `None` when it was not asked for, or none stood there. */
export const itemOf = (u: unknown): Option.Option<Item> =>
  isItem(u) && Object.keys(u).length > 0 ? Option.some(u) : Option.none()

const text = (u: unknown): string | undefined => typeof u === "string" ? u : undefined

/** Printed, so a name or nothing: whatever else stands there could be data. */
const codeOf = (u: unknown): string =>
  u === undefined || u === null ? "None" : /^\w{1,64}$/.test(`${text(u)}`) ? `${text(u)}` : "Unknown"

/** The reasons of a canceled transaction, in the order of its actions. */
export const reasonsOf = (u: unknown): TransactionReasons =>
  Array.isArray(u)
    ? u.map((reason) => {
      const { Code, Item, Message } = asRecord(reason)
      return { code: codeOf(Code), awsMessage: text(Message), item: itemOf(Item) }
    })
    : []
