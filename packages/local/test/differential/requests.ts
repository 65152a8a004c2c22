/** Random requests, and sequences of them. */
import { Expressions } from "./expressions.js"
import type { Index, Table } from "./tables.js"
import { definition, item, key, keysOf, table } from "./tables.js"
import { Chance, value } from "./values.js"

export type Input = Readonly<Record<string, unknown>>

export interface Request {
  readonly operation: string
  readonly input: Input
  /** Of a Query or Scan: every page is asked for, one after another. */
  readonly paged?: boolean
  /** The order of the answer's items: by the sort key (`exact`), by an index's sort key that several items may have, or none. */
  readonly order?: "exact" | "none" | { readonly by: string }
  /** Nothing is asked of the answer but that it is one. */
  readonly unseen?: boolean
}

export interface Sequence {
  readonly seed: number
  readonly tables: ReadonlyArray<Table>
  readonly requests: ReadonlyArray<Request>
}

const requestsEach = 5

const capacity = (chance: Chance): Input =>
  chance.of(0.3) ? { ReturnConsumedCapacity: chance.pick(["TOTAL", "INDEXES"]) } : {}

const onFailure = (chance: Chance): Input => chance.of(0.3) ? { ReturnValuesOnConditionCheckFailure: "ALL_OLD" } : {}

type Make = (chance: Chance, tables: readonly [Table, ...ReadonlyArray<Table>]) => Request

const condition = (e: Expressions, probability: number): Expressions =>
  e.chance.of(probability) ? e.add("ConditionExpression", e.condition()) : e

const put: Make = (chance, tables) => {
  const of = chance.pick(tables)
  const e = condition(new Expressions(chance, of), 0.5)
  return {
    operation: "PutItem",
    input: {
      TableName: of.name,
      Item: item(chance, of),
      ReturnValues: chance.pick(["NONE", "ALL_OLD"]),
      ...capacity(chance),
      ...onFailure(chance),
      ...e.parameters()
    }
  }
}

const update: Make = (chance, tables) => {
  const of = chance.pick(tables)
  const e = new Expressions(chance, of)
  e.add("UpdateExpression", e.update())
  condition(e, 0.3)
  return {
    operation: "UpdateItem",
    input: {
      TableName: of.name,
      Key: key(chance, of),
      ReturnValues: chance.pick(["NONE", "ALL_OLD", "ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"]),
      ...capacity(chance),
      ...onFailure(chance),
      ...e.parameters()
    }
  }
}

const remove: Make = (chance, tables) => {
  const of = chance.pick(tables)
  return {
    operation: "DeleteItem",
    input: {
      TableName: of.name,
      Key: key(chance, of),
      ReturnValues: chance.pick(["NONE", "ALL_OLD"]),
      ...capacity(chance),
      ...onFailure(chance),
      ...condition(new Expressions(chance, of), 0.6).parameters()
    }
  }
}

const projected = (e: Expressions, probability: number, index?: Index): Expressions =>
  e.chance.of(probability) ? e.add("ProjectionExpression", e.projection(index)) : e

const get: Make = (chance, tables) => {
  const of = chance.pick(tables)
  return {
    operation: "GetItem",
    input: {
      TableName: of.name,
      Key: key(chance, of),
      ConsistentRead: chance.of(0.5),
      ...capacity(chance),
      ...projected(new Expressions(chance, of), 0.6).parameters()
    }
  }
}

const reads = (chance: Chance, of: Table, index: Index | undefined): Input => ({
  TableName: of.name,
  ...(index === undefined ? {} : { IndexName: index.name }),
  ...(chance.of(0.2) && (index === undefined || index.local || chance.of(0.1)) ? { ConsistentRead: true } : {}),
  ...capacity(chance)
})

const indexOf = (chance: Chance, of: Table): Index | undefined => {
  const [first, ...others] = of.indexes
  return first !== undefined && chance.of(0.5) ? chance.pick([first, ...others]) : undefined
}

const filtered = (e: Expressions): Expressions => e.chance.of(0.4) ? e.add("FilterExpression", e.condition()) : e

const query: Make = (chance, tables) => {
  const of = chance.pick(tables)
  const index = indexOf(chance, of)
  const e = new Expressions(chance, of)
  e.add("KeyConditionExpression", e.keyCondition(index))
  filtered(e)
  if (chance.of(0.1)) {
    return { operation: "Query", input: { ...reads(chance, of, index), Select: "COUNT", ...e.parameters() } }
  }
  projected(e, 0.25, index)
  // Where a partition is one item, a second page is empty.
  const limit = chance.of(index === undefined && of.range === undefined ? 0.02 : 0.3)
  return {
    operation: "Query",
    paged: limit,
    order: index === undefined ? "exact" : index.range === undefined ? "none" : { by: index.range.name },
    input: {
      ...reads(chance, of, index),
      ScanIndexForward: chance.of(0.5),
      ...(limit ? { Limit: 1 + chance.int(3) } : {}),
      ...e.parameters()
    }
  }
}

const scan: Make = (chance, tables) => {
  const of = chance.pick(tables)
  const index = indexOf(chance, of)
  const e = projected(filtered(new Expressions(chance, of)), 0.25, index)
  const limit = chance.of(0.3)
  return {
    operation: "Scan",
    paged: limit,
    order: "none",
    input: { ...reads(chance, of, index), ...(limit ? { Limit: 1 + chance.int(4) } : {}), ...e.parameters() }
  }
}

const transactWrite: Make = (chance, tables) => {
  const action = () => {
    const of = chance.pick(tables)
    const e = new Expressions(chance, of)
    switch (chance.int(4)) {
      case 0:
        return {
          Put: { TableName: of.name, Item: item(chance, of), ...onFailure(chance), ...condition(e, 0.3).parameters() }
        }
      case 1:
        return {
          Delete: { TableName: of.name, Key: key(chance, of), ...onFailure(chance), ...condition(e, 0.3).parameters() }
        }
      case 2: {
        e.add("UpdateExpression", e.update())
        return {
          Update: { TableName: of.name, Key: key(chance, of), ...onFailure(chance), ...condition(e, 0.3).parameters() }
        }
      }
      default:
        return {
          ConditionCheck: {
            TableName: of.name,
            Key: key(chance, of),
            ...onFailure(chance),
            ...condition(e, 1).parameters()
          }
        }
    }
  }
  return {
    operation: "TransactWriteItems",
    input: { TransactItems: chance.times(1 + chance.int(3), action), ...capacity(chance) }
  }
}

const transactGet: Make = (chance, tables) => ({
  operation: "TransactGetItems",
  input: {
    TransactItems: chance.times(1 + chance.int(3), () => {
      const of = chance.pick(tables)
      return {
        Get: { TableName: of.name, Key: key(chance, of), ...projected(new Expressions(chance, of), 0.5).parameters() }
      }
    }),
    ...capacity(chance)
  }
})

const batchGet: Make = (chance, tables) => ({
  operation: "BatchGetItem",
  order: "none",
  input: {
    RequestItems: Object.fromEntries(
      tables.map((of) => [of.name, {
        Keys: chance.times(1 + chance.int(3), () => key(chance, of)),
        ConsistentRead: chance.of(0.5),
        ...projected(new Expressions(chance, of), 0.3).parameters()
      }])
    ),
    ...capacity(chance)
  }
})

const batchWrite: Make = (chance, tables) => ({
  operation: "BatchWriteItem",
  input: {
    RequestItems: Object.fromEntries(
      tables.map((of) => [
        of.name,
        chance.times(
          1 + chance.int(3),
          () =>
            chance.of(0.7) ? { PutRequest: { Item: item(chance, of) } } : { DeleteRequest: { Key: key(chance, of) } }
        )
      ])
    ),
    ...capacity(chance)
  }
})

/** Statements by whole key, with parameters for every value. */
const statement: Make = (chance, tables) => {
  const of = chance.pick(tables)
  const parameters: Array<unknown> = []
  const bind = (given: unknown) => {
    parameters.push(given)
    return "?"
  }
  const at = key(chance, of)
  const where = () => keysOf(of).map(({ name }) => `${name} = ${bind(at[name] ?? { S: "p1" })}`).join(" AND ")
  const text = () => {
    switch (chance.int(4)) {
      case 0:
        return `SELECT * FROM "${of.name}" WHERE ${where()}`
      case 1: {
        const members = Object.entries(item(chance, of)).map(([name, member]) => `'${name}': ${bind(member)}`)
        return `INSERT INTO "${of.name}" VALUE {${members.join(", ")}}`
      }
      case 2:
        return `UPDATE "${of.name}" SET a = ${bind(value(chance))}${chance.of(0.3) ? " REMOVE b" : ""} WHERE ${where()}`
      default:
        return `DELETE FROM "${of.name}" WHERE ${where()}`
    }
  }
  const Statement = text()
  return { operation: "ExecuteStatement", order: "none", input: { Statement, Parameters: parameters } }
}

/** How often each is sent: as often as it stands here. */
const makes: readonly [Make, ...ReadonlyArray<Make>] = [
  ...[put, put, update, update, update, update, update, remove] as const,
  ...[get, get, query, query, query, query, scan, scan] as const,
  ...[transactWrite, transactWrite, transactGet, batchGet, batchWrite, statement] as const
]

/** The whole of a table. */
export const everything = ({ name }: Table): Request => ({
  operation: "Scan",
  order: "none",
  input: { TableName: name, ConsistentRead: true }
})

export const creations = (tables: ReadonlyArray<Table>): ReadonlyArray<Request> =>
  tables.map((of) => ({ operation: "CreateTable", input: definition(of), unseen: true }))

/** Fills one or two tables and sends a few requests to them. */
export const sequence = (seed: number): Sequence => {
  const chance = new Chance(seed)
  const first = table(chance, `t${seed}-0`)
  const tables: readonly [Table, ...ReadonlyArray<Table>] = chance.of(0.15)
    ? [first, table(chance, `t${seed}-1`)]
    : [first]
  const fill = tables.map((of): Request => {
    const items = new Map(
      chance.times(8, () => item(chance, of)).map((
        one
      ) => [JSON.stringify(keysOf(of).map(({ name }) => one[name])), one])
    )
    return {
      operation: "BatchWriteItem",
      input: { RequestItems: { [of.name]: [...items.values()].map((Item) => ({ PutRequest: { Item } })) } }
    }
  })
  const requests = chance.times(requestsEach, () => chance.pick(makes)(chance, tables))
  return { seed, tables, requests: [...fill, ...requests] }
}
