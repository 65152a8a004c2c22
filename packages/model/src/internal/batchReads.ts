/** Any reads at once: what each of them asks of its table decides with which others it goes. */
import type { BatchGetItemError, DynamoDB } from "@armature/dynamodb/DynamoDB"
import { UnprocessedException } from "@armature/dynamodb/DynamoDBException"
import type { Item } from "@armature/dynamodb/Item"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { ReadPlan } from "../Operation.js"
import { itemText } from "./members.js"

export type Input = ReadPlan<unknown, unknown, unknown>["input"]

/** The item, where there is one; or the failure that left it unread. */
export type Answer = Either.Either<Item | undefined, BatchGetItemError>

interface Asked {
  readonly place: number
  readonly input: Input
}

/** Reads that ask the same of one table. */
interface Group {
  readonly table: string
  readonly asked: Omit<Input, "Key" | "TableName">
  readonly reads: Array<Asked>
}

const asks = ({ ConsistentRead, ExpressionAttributeNames, ProjectionExpression, TableName }: Input): string =>
  JSON.stringify([TableName, ConsistentRead === true, ProjectionExpression, ExpressionAttributeNames])

/** A batch asks a table in one way only: the first way of each table goes into the first batch, the second into the second. */
const batchesOf = (inputs: ReadonlyArray<Input>): ReadonlyArray<ReadonlyArray<Group>> => {
  const groups = new Map<string, Group>()
  const ways = new Map<string, number>()
  const batches: Array<Array<Group>> = []
  for (const [place, input] of inputs.entries()) {
    const id = asks(input)
    const known = groups.get(id)
    if (known !== undefined) {
      known.reads.push({ place, input })
      continue
    }
    const { Key: _, TableName: table, ...asked } = input
    const group: Group = { table, asked, reads: [{ place, input }] }
    groups.set(id, group)
    const way = ways.get(table) ?? 0
    ways.set(table, way + 1)
    const batch = batches[way]
    if (batch === undefined) batches.push([group])
    else batch.push(group)
  }
  return batches
}

const requestOf = ({ asked, reads }: Group) => ({ ...asked, Keys: reads.map(({ input }) => input.Key) })

type Placed = ReadonlyArray<readonly [place: number, answer: Answer]>

const readBatch = (db: DynamoDB.Service, batch: ReadonlyArray<Group>): Effect.Effect<Placed> => {
  const placed = (answer: (asked: Asked, table: string, i: number) => Answer): Placed =>
    batch.flatMap(({ reads, table }) =>
      reads.map((asked, i): readonly [number, Answer] => [asked.place, answer(asked, table, i)])
    )
  return Effect.match(
    db.batchGetItem({ RequestItems: Object.fromEntries(batch.map((group) => [group.table, requestOf(group)])) }),
    {
      onSuccess: ({ items }) =>
        placed((_, table, i) => Either.right(Option.getOrUndefined(items[table]?.[i] ?? Option.none()))),
      onFailure: (e) => {
        if (!(e instanceof UnprocessedException)) return placed(() => Either.left(e))
        const left = new Set(
          Object.entries(e.unprocessed).flatMap(([table, { Keys = [] }]) => Keys.map((key) => itemText(table, key)))
        )
        return placed(({ input }, table, i) =>
          left.has(itemText(table, input.Key))
            ? Either.left(e)
            : Either.right(Option.getOrUndefined(e.items[table]?.[i] ?? Option.none()))
        )
      }
    }
  )
}

/** What became of each read, in order. Keys that are equal are read once, where they are asked for in the same way. */
export const readAll = (
  db: DynamoDB.Service,
  inputs: ReadonlyArray<Input>
): Effect.Effect<ReadonlyArray<Answer>> =>
  Effect.map(
    Effect.forEach(batchesOf(inputs), (batch) => readBatch(db, batch), { concurrency: "unbounded" }),
    (batches) => {
      const answers: Array<Answer> = []
      for (const [place, answer] of batches.flat()) answers[place] = answer
      return answers
    }
  )
