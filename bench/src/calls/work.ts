/**
 * What every contestant is asked to do: six operations on one table of 1 KB items with 15 attributes. The same items in native values
 * and as they are on the wire.
 */
import type { AttributeValue } from "@aws-sdk/client-dynamodb"

export const columns = ["GetItem", "PutItem", "UpdateItem", "Query", "BatchGetItem", "TransactWriteItems"] as const

export type Column = typeof columns[number]

/** What a column asks for, as the report says it. */
export const titles: Readonly<Record<Column, string>> = {
  GetItem: "GetItem 1 KB",
  PutItem: "PutItem 1 KB",
  UpdateItem: "UpdateItem, conditional",
  Query: "Query, 100 items",
  BatchGetItem: "BatchGetItem, 100 items",
  TransactWriteItems: "TransactWriteItems, 10 puts"
}

export const tableName = "bench"
export const region = "us-east-1"
export const accessKeyId = "bench"
export const secretAccessKey = "bench"

export interface Order {
  readonly tenant: string
  readonly id: string
  readonly status: string
  readonly customer: string
  readonly email: string
  readonly street: string
  readonly city: string
  readonly note: string
  readonly currency: string
  readonly total: number
  readonly quantity: number
  readonly weight: number
  readonly paid: boolean
  readonly tags: ReadonlyArray<string>
  readonly carrier: { readonly name: string; readonly days: number }
}

export const tenant = "tenant-1"

export const hundred = Array.from({ length: 100 }, (_, i) => i)
export const ten = Array.from({ length: 10 }, (_, i) => i)

/** Which order the `i`th call is about. */
export const at = (i: number): number => i % hundred.length

/** One of a hundred, made beforehand: what it takes to make it is no part of a call. */
const made = <A>(make: (i: number) => A): (i: number) => A => {
  const all = hundred.map(make)
  return (i) => all[at(i)] ?? make(i)
}

export const order = made((i): Order => ({
  tenant,
  id: `order-${i}`,
  status: "open",
  customer: `customer ${i} ${"c".repeat(40)}`,
  email: `customer-${i}@example.com`,
  street: `${i} Long Street ${"s".repeat(60)}`,
  city: "Springfield",
  note: "n".repeat(360),
  currency: "EUR",
  total: 1234.5,
  quantity: 12,
  weight: 0.75,
  paid: true,
  tags: ["new", "fragile", "gift"],
  carrier: { name: "post", days: 3 }
}))

/** The keys of an item in the table, as each mapper is told to write them. */
export const partitionKey = (of: string): string => `tenant#${of}`
export const sortKey = (of: string): string => `order#${of}`

export const wire = (value: unknown): AttributeValue => {
  switch (typeof value) {
    case "string":
      return { S: value }
    case "number":
      return { N: String(value) }
    case "boolean":
      return { BOOL: value }
    default:
      return Array.isArray(value)
        ? { L: value.map(wire) }
        : { M: Object.fromEntries(Object.entries(value ?? {}).map(([name, of]) => [name, wire(of)])) }
  }
}

/** An order with its key. */
export const record = made((i) => ({ pk: partitionKey(tenant), sk: sortKey(`order-${i}`), ...order(i) }))

export const wireItem = made((i): Record<string, AttributeValue> =>
  Object.fromEntries(Object.entries(record(i)).map(([name, value]) => [name, wire(value)]))
)

/** As it comes back: with what ElectroDB and dynamodb-toolbox mark their own items with. */
export const storedItem = (i: number): Record<string, AttributeValue> => ({
  ...wireItem(i),
  __edb_e__: { S: "order" },
  __edb_v__: { S: "1" },
  _et: { S: "order" },
  _ct: { S: "2026-01-01T00:00:00.000Z" },
  _md: { S: "2026-01-01T00:00:00.000Z" },
  _type: { S: "Order" }
})
