/**
 * What a sealed value is bound to: the additional authenticated data of the envelope. Every field has its length before it, so that
 * two bindings never have the same bytes.
 *
 * ```
 * label | version | suite | messageId (32) | commitment (32)
 *   | u32 table | u32 partition key | u32 sort key | u32 number of segments | u32 segment …
 * ```
 *
 * A key value is its type as one ASCII letter and its bytes; without a sort key that field is empty.
 */
import * as Either from "effect/Either"
import type { ReadonlyAttributeValue } from "./attributeValue.js"
import { canonicalNumber } from "./canonicalNumber.js"
import { soleMember } from "./dynamodbJson.js"
import { type EnvelopeFailure, invalidKeyValue, invalidPath, invalidTable } from "./failure.js"
import { commitmentLength, messageIdLength, suite, version } from "./layout.js"
import { isWellFormed } from "./text.js"

export interface ItemKey {
  readonly table: string
  readonly partitionKey: ReadonlyAttributeValue
  readonly sortKey?: ReadonlyAttributeValue | undefined
}

/** An item's part of the binding, prepared once for all its sealed attributes. Shows nothing when it is printed. */
export class Item {
  readonly #bytes: Buffer
  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }
  static bytes(item: Item): Buffer {
    return item.#bytes
  }
}

export interface Binding {
  readonly item: Item
  readonly path: ReadonlyArray<string>
}

const u32 = 4

export const makeItem = (key: ItemKey): Either.Either<Item, EnvelopeFailure> => {
  if (!isWellFormed(key.table) || key.table.length === 0) return invalidTable
  const table = Buffer.from(key.table)
  const partitionKey = keyBytes(key.partitionKey)
  const sortKey = key.sortKey === undefined ? noBytes : keyBytes(key.sortKey)
  if (partitionKey === undefined || sortKey === undefined) return invalidKeyValue
  const bytes = Buffer.allocUnsafe(3 * u32 + table.length + partitionKey.length + sortKey.length)
  writeField(bytes, writeField(bytes, writeField(bytes, 0, table), partitionKey), sortKey)
  return Either.right(new Item(bytes))
}

/** Where the parts that differ from message to message stand in the authenticated data. */
const label = "armature.attribute"
const prefix = Buffer.from([...Buffer.from(label), version, suite])
export const messageIdStart = prefix.length
export const commitmentStart = messageIdStart + messageIdLength
const itemStart = commitmentStart + commitmentLength

/**
 * The authenticated data of one message, with room left for messageId and commitment. Its bytes before `commitmentStart` are also the
 * info that the message's key is derived with.
 */
export const authenticatedData = ({ item, path }: Binding): Either.Either<Buffer, EnvelopeFailure> => {
  if (path.length === 0) return invalidPath
  const itemBytes = Item.bytes(item)
  const pathStart = itemStart + itemBytes.length
  let size = pathStart + u32
  for (const segment of path) {
    if (!isWellFormed(segment)) return invalidPath
    size += u32 + Buffer.byteLength(segment)
  }
  const bytes = Buffer.allocUnsafe(size)
  bytes.set(prefix, 0)
  bytes.set(itemBytes, itemStart)
  let offset = bytes.writeUInt32BE(path.length, pathStart)
  for (const segment of path) {
    const length = bytes.write(segment, offset + u32)
    bytes.writeUInt32BE(length, offset)
    offset += u32 + length
  }
  return Either.right(bytes)
}

const noBytes = Buffer.alloc(0)

const writeField = (bytes: Buffer, offset: number, field: Buffer): number => {
  bytes.set(field, offset + u32)
  bytes.writeUInt32BE(field.length, offset)
  return offset + u32 + field.length
}

/** `undefined` for what cannot be a key: empty, not a number, not well-formed, or of another type. */
const keyBytes = (value: ReadonlyAttributeValue): Buffer | undefined => {
  const [type, content] = soleMember(value) ?? []
  switch (type) {
    case "S":
      return isWellFormed(content) && content.length > 0 ? Buffer.from(`S${content}`) : undefined
    case "N": {
      const canonical = typeof content === "string" ? canonicalNumber(content) : undefined
      return canonical === undefined ? undefined : Buffer.from(`N${canonical}`)
    }
    case "B":
      return content instanceof Uint8Array && content.length > 0
        ? Buffer.concat([binaryType, content])
        : undefined
    default:
      return undefined
  }
}

const binaryType = Buffer.from("B")
