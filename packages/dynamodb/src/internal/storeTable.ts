/**
 * The table that the stores keep their items in, the keys of these items, and what is done to a whole collection of them: the entries of
 * one key-value store, or of one store of a persistence.
 */
import type * as Sdk from "@aws-sdk/client-dynamodb"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { BatchWriteItemError, DynamoDB, QueryError } from "../DynamoDB.js"

/** The attributes of the key. */
export const keyNames = ["pk", "sk"] as const

/** Seconds since the epoch after which DynamoDB may remove the item. */
const ttl = "ttl"

export const table = (name: string): Sdk.CreateTableCommandInput => ({
  TableName: name,
  KeySchema: [{ AttributeName: keyNames[0], KeyType: "HASH" }, { AttributeName: keyNames[1], KeyType: "RANGE" }],
  AttributeDefinitions: keyNames.map((AttributeName) => ({ AttributeName, AttributeType: "S" })),
  BillingMode: "PAY_PER_REQUEST"
})

export const timeToLive = (name: string): Sdk.UpdateTimeToLiveCommandInput => ({
  TableName: name,
  TimeToLiveSpecification: { Enabled: true, AttributeName: ttl }
})

/**
 * Any text as the text of a key. UTF-8 has no bytes for half a surrogate pair, and DynamoDB no key without any: both would make two keys
 * one, or none.
 */
export const keyText = (text: string): string =>
  text === "" ? "%" : text.replace(/[%\p{Cs}]/gu, (half) => `%${half.charCodeAt(0).toString(16)}`)

/** The bytes that a sort key may have at most. */
const maxSortKey = 1024

export const fits = (key: string): boolean => Buffer.byteLength(keyText(key)) <= maxSortKey

export { isWellFormed } from "./attributeValue.js"

/** Into so many partitions a collection is spread, so that none of them is hot. Stored keys depend on it: it never changes. */
const partitions = 16

/** FNV-1a over the UTF-16 units of the key, its bits mixed so that keys that differ at the end only are spread as well. */
const partitionOf = (key: string): number => {
  let hash = 0x811c9dc5
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ hash >>> 16, 0x85ebca6b)
  return (hash ^ hash >>> 13) >>> 28
}

const partition = (collection: string, number: number): string => `${keyText(collection)}#${number.toString(16)}`

/** The key of an entry of a collection. */
export const keyOf = (collection: string, key: string) => ({
  pk: { S: partition(collection, partitionOf(key)) },
  sk: { S: keyText(key) }
})

/** Which table, and which collection in it. */
export interface Place {
  readonly table: string
  readonly collection: string
}

const queries = ({ collection, table }: Place): ReadonlyArray<Omit<Sdk.QueryCommandInput, "Select">> =>
  Array.from({ length: partitions }, (_, number) => ({
    TableName: table,
    KeyConditionExpression: "pk = :pk",
    ExpressionAttributeValues: { ":pk": { S: partition(collection, number) } },
    ConsistentRead: true
  }))

/** How many partitions are read at a time. */
const concurrency = 4

export const size = (db: DynamoDB.Service, place: Place): Effect.Effect<number, QueryError> =>
  Effect.map(
    Effect.forEach(queries(place), (query) => db.query.count(query), { concurrency }),
    (counts) => counts.reduce((sum, count) => sum + count, 0)
  )

export const isEmpty = (db: DynamoDB.Service, place: Place): Effect.Effect<boolean, QueryError> =>
  Stream.fromIterable(queries(place)).pipe(
    Stream.mapEffect((query) => db.query({ ...query, Limit: 1 }), { concurrency }),
    Stream.filter(({ Count = 0 }) => Count > 0),
    Stream.runHead,
    Effect.map((found) => found._tag === "None")
  )

/** Deletes what it finds. */
export const clear = (db: DynamoDB.Service, place: Place): Effect.Effect<void, QueryError | BatchWriteItemError> =>
  Effect.forEach(
    queries(place),
    (query) =>
      db.query.pages({ ...query, ProjectionExpression: "pk, sk" }).pipe(
        Stream.runForEach(({ Items = [] }) =>
          Items.length === 0 ? Effect.void : db.batchWriteItem({
            RequestItems: { [place.table]: Items.map((item) => ({ DeleteRequest: { Key: item } })) }
          })
        )
      ),
    { concurrency, discard: true }
  )
