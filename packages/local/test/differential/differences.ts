/**
 * Every difference that is known between this engine and dynoxide 1.2.1, with what AWS says. An answer that differs in any other
 * manner fails the test.
 */
import type { Answer } from "./compare.js"
import type { Input, Request } from "./requests.js"

export interface Divergence {
  readonly request: Request
  readonly ours: Answer
  readonly theirs: Answer
  /** What was asked before, in order. */
  readonly earlier: ReadonlyArray<Request>
}

export interface Difference {
  readonly name: string
  readonly reason: string
  /** Who decides. */
  readonly source: string
  /** Of a rare one: a sequence that shows it, which is always run. */
  readonly seed?: number
  readonly explains: (divergence: Divergence) => boolean
}

const guide = "Amazon DynamoDB Developer Guide"
const reference = "Amazon DynamoDB API Reference"
const suite = "captures of AWS in nubo-db/dynamodb-conformance"

const isRecord = (value: unknown): value is Input =>
  typeof value === "object" && value !== null && !Array.isArray(value)
const list = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])

/** This engine refuses the request as a whole, with these words; the other one does not, or refuses it later for something else. */
const weRefuse = (message: RegExp) => ({ ours }: Divergence) =>
  ours.refusal?.code === "ValidationException" && message.test(ours.refusal.message)

const text = (request: Request): string => JSON.stringify(request.input)

/** What each action of a cancelled transaction came to. */
const codes = ({ refusal }: Answer): ReadonlyArray<string> =>
  list(refusal?.reasons).map((reason) => (isRecord(reason) ? String(reason["Code"]) : ""))

const updates = ({ input, operation }: Request): ReadonlyArray<string> => {
  const of = operation === "UpdateItem"
    ? [input]
    : list(input["TransactItems"]).map((action) => (isRecord(action) ? action["Update"] : undefined))
  return of.map((update) => (isRecord(update) ? String(update["UpdateExpression"] ?? "") : ""))
}

/** An update of something within an attribute. */
const reachesWithin = (expression: string): boolean => /[.[]/.test(expression)

const withoutKey = (response: unknown): unknown => {
  const item = isRecord(response) && isRecord(response["Item"]) ? response["Item"] : {}
  return Object.entries(item).filter(([name]) => name !== "pk" && name !== "sk")
}

/** Both answer, and the answers are equal but for this member, at whatever depth. */
const equalBut = (member: string, { ours, theirs }: Divergence): boolean => {
  const [mine, other] = [ours, theirs].map(({ output }) =>
    output === undefined
      ? undefined
      : JSON.stringify(output, (name, value: unknown) => name === member ? undefined : value)
  )
  return mine !== undefined && mine === other
}

/** Lists without their NULLs. */
const unpadded = (value: unknown): unknown => {
  if (Array.isArray(value)) {
    return value.filter((member) => !(isRecord(member) && member["NULL"] === true)).map(unpadded)
  }
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, unpadded(member)]))
}

/** An update that sets or adds an element of a list. */
const setsElement = (expression: string): boolean => /(SET|ADD) .*\[\d\]/.test(expression)

/** What a condition or a filter comes to: the request is refused for nothing else, but what an update finds once its condition holds. */
const isAnswered = ({ refusal }: Answer): boolean =>
  refusal === undefined || refusal.code === "ConditionalCheckFailedException" ||
  refusal.code === "TransactionCanceledException" || /update expression/.test(refusal.message)

const local = ({ input }: Request): boolean => input["IndexName"] === "local"

export const differences: ReadonlyArray<Difference> = [
  {
    name: "operand types",
    reason:
      "An operand whose type the request alone shows to be wrong refuses the request before any item is looked at; dynoxide compares it and finds it unequal.",
    source: suite,
    explains: (d) =>
      d.theirs.refusal?.code !== "ValidationException" &&
      weRefuse(
        /^Invalid (Condition|Filter|Update|KeyCondition)Expression: Incorrect operand type for operator or function; /
      )(d)
  },
  {
    name: "operands of BETWEEN",
    reason: "Bounds of two types, or in the wrong order, refuse the request.",
    source: suite,
    explains: weRefuse(/^Invalid \w+Expression: The BETWEEN operator requires /)
  },
  {
    name: "the same operand twice",
    reason: "A path compared with itself refuses the request.",
    source: suite,
    explains: weRefuse(/^Invalid \w+Expression: The first operand must be distinct from the remaining operands /)
  },
  {
    name: "overlapping paths",
    reason:
      "Paths that overlap or contradict each other refuse the request, in transactions as elsewhere, before conditions are looked at.",
    source: `${reference}, UpdateItem; ${suite}`,
    explains: weRefuse(/^Invalid \w+Expression: Two document paths (overlap|conflict) with each other; /)
  },
  {
    name: "type of a key in a key condition",
    reason:
      "A key condition with a value of another type than the key's refuses the request, in PartiQL as well; dynoxide finds nothing.",
    source: suite,
    explains: (d) =>
      d.theirs.output !== undefined &&
      weRefuse(/Condition parameter type does not match schema type$/)(d)
  },
  {
    name: "empty key in a key condition",
    reason:
      "A key is never empty, so a key condition with an empty value is refused, and so is an empty key in a transaction as a whole.",
    source: suite,
    explains: weRefuse(/cannot contain an empty string value\. Key: /)
  },
  {
    name: "wrong key in PartiQL",
    reason:
      "A statement that names a whole key of a wrong type is refused; dynoxide looks for the item and does not find it.",
    source: `${reference}, ExecuteStatement (ValidationException); no capture of this case`,
    explains: (d) =>
      d.request.operation === "ExecuteStatement" && weRefuse(/^The provided key element does not match the schema$/)(d)
  },
  {
    name: "projection that a global index does not hold",
    reason:
      "A global index gives only what is projected to it, and asking for more is refused; dynoxide leaves it out.",
    source: `${guide}, Global Secondary Indexes, Reading Data; ${suite}`,
    explains: weRefuse(/Global secondary index global does not project /)
  },
  {
    name: "a path into what is not there",
    reason:
      "An update of `a.b` or `a[0]` where `a` is not there, or not a map or list, is refused; dynoxide lets REMOVE and DELETE pass, SET with if_not_exists, and in a transaction all.",
    source: `${suite} (REMOVE, SET); no capture of DELETE`,
    explains: ({ ours, request, theirs }) => {
      const within = updates(request).map(reachesWithin)
      if (ours.refusal?.message === "The document path provided in the update expression is invalid for update") {
        return within.includes(true) && theirs.refusal === undefined
      }
      const [mine, other] = [codes(ours), codes(theirs)]
      return mine.some((code, i) => code === "ValidationError" && within[i] === true) &&
        (theirs.refusal === undefined
          ? mine.every((code, i) => code === "None" || within[i] === true)
          : mine.every((code, i) => code === other[i] || (within[i] === true && other[i] === "None")))
    }
  },
  {
    name: "keys of a transaction before its conditions",
    reason:
      "A transaction with a key that does not fit the schema is cancelled for that, before any condition is looked at and before actions on one item are searched for; dynoxide looks at conditions and updates as well.",
    source: suite,
    explains: ({ ours, theirs }) => {
      const mine = codes(ours)
      return mine.every((code) => code === "None" || code === "ValidationError") && mine.includes("ValidationError") &&
        (theirs.refusal?.message === "Transaction request cannot include multiple operations on one item" ||
          (codes(theirs).length === mine.length &&
            mine.every((code, i) => code === "None" || codes(theirs)[i] === code)))
    }
  },
  {
    name: "old attributes of a new item",
    reason: "An UpdateItem that makes an item has no old attributes to return; dynoxide returns the key.",
    source: `${reference}, UpdateItem, ReturnValues`,
    explains: ({ ours, request, theirs }) => {
      const [before, other] = [ours, theirs].map(({ output }) => list(output?.["pages"])[0])
      const attributes = isRecord(other) ? other["Attributes"] : undefined
      return request.operation === "UpdateItem" && request.input["ReturnValues"] === "ALL_OLD" && isRecord(before) &&
        before["Attributes"] === undefined && isRecord(attributes) &&
        Object.keys(attributes).every((name) => name === "pk" || name === "sk")
    }
  },
  {
    name: "an index beyond the end of a list",
    reason:
      "An element set beyond a list's end is appended, and at the index that was named is nothing; dynoxide fills an empty list up with NULL, and returns the whole list as what was updated, of an element that is removed as well.",
    source: `${reference}, UpdateItem, UpdateExpression and ReturnValues; no capture of what UPDATED_NEW returns here`,
    explains: (d) =>
      d.request.operation === "UpdateItem" &&
      /^(UPDATED_OLD|UPDATED_NEW|ALL_NEW)$/.test(String(d.request.input["ReturnValues"])) &&
      /(SET|ADD|REMOVE) .*\[\d\]/.test(updates(d.request)[0] ?? "") && equalBut("Attributes", d)
  },
  {
    name: "a list that was filled up, read later",
    reason: "The NULLs that dynoxide fills an empty list up with, as above, are read back.",
    source: `${reference}, UpdateItem, UpdateExpression (an element beyond the end is appended)`,
    seed: 38_394,
    explains: ({ earlier, ours, request, theirs }) =>
      /^(Get|Query|Scan|BatchGet|TransactGet|ExecuteStatement)/.test(request.operation) &&
      earlier.some((one) => updates(one).some(setsElement)) && ours.output !== undefined &&
      theirs.output !== undefined && JSON.stringify(unpadded(ours.output)) === JSON.stringify(unpadded(theirs.output))
  },
  {
    name: "an empty index key in a transaction's update",
    reason:
      "An update that would leave an index's key empty is the reason of its own action, with those of the others beside it; dynoxide refuses the request.",
    source:
      `${reference}, TransactWriteItems, TransactionCanceledException (ValidationError: "attempted to update the secondary index key")`,
    seed: 52_092,
    explains: ({ ours, request, theirs }) =>
      request.operation === "TransactWriteItems" && codes(ours).includes("ValidationError") &&
      /attempted to update a secondary index key to a value that is not supported/.test(theirs.refusal?.message ?? "")
  },
  {
    name: "projection in TransactGetItems",
    reason:
      "An item has the attributes that are projected and no others, and is empty where none is; dynoxide adds the key, or leaves the item out.",
    source: `${reference}, TransactGetItems, ProjectionExpression; no capture of an item of which nothing is projected`,
    explains: ({ ours, request, theirs }) => {
      const [mine, other] = [ours, theirs].map(({ output }) => {
        const page = list(output?.["pages"])[0]
        return list(isRecord(page) ? page["Responses"] : undefined).map(withoutKey)
      })
      return request.operation === "TransactGetItems" && /ProjectionExpression/.test(text(request)) &&
        ours.output !== undefined && theirs.output !== undefined && JSON.stringify(mine) === JSON.stringify(other)
    }
  },
  {
    name: "capacity of an index in a transaction",
    reason: "Each write of a transaction is done twice, those to indexes too; dynoxide counts those to indexes once.",
    source: `${guide}, Amazon DynamoDB Transactions, Capacity management; no capture with an index`,
    explains: (d) => d.request.operation === "TransactWriteItems" && equalBut("ConsumedCapacity", d)
  },
  {
    name: "what a local index does not hold",
    reason:
      "A read of a local index fetches from the table what is filtered or projected and not in the index, and counts it; dynoxide finds it missing.",
    source: `${guide}, Local Secondary Indexes, Reading Data and Read capacity units`,
    explains: ({ ours, request, theirs }) =>
      local(request) && /^(Query|Scan)$/.test(request.operation) && ours.output !== undefined &&
      theirs.output !== undefined && /FilterExpression|ProjectionExpression/.test(text(request))
  },
  {
    name: "capacity of a scan of a local index",
    reason: "With INDEXES, a scan of a local index counts for the index; dynoxide counts it for the table.",
    source: `${reference}, ConsumedCapacity, LocalSecondaryIndexes`,
    explains: (d) =>
      local(d.request) && d.request.operation === "Scan" && d.request.input["ReturnConsumedCapacity"] === "INDEXES" &&
      equalBut("ConsumedCapacity", d)
  },
  {
    name: "size of a string",
    reason: "A string is as long as its UTF-8 is; dynoxide counts characters.",
    source: `${guide}, Data types, String ("UTF-8 binary encoding"); no capture of a string beyond ASCII`,
    explains: ({ ours, request, theirs }) => text(request).includes("size(") && isAnswered(ours) && isAnswered(theirs)
  },
  {
    name: "order of a key condition",
    reason: "The parts of a key condition stand in any order; dynoxide takes the first for the partition key.",
    source: `${guide}, Key condition expressions for the Query operation; no capture of this case`,
    explains: ({ ours, theirs }) =>
      ours.output !== undefined && /^Query condition missed key schema element/.test(theirs.refusal?.message ?? "")
  },
  {
    name: "second page of a single item",
    reason:
      "A query of a table without a sort key that starts after its one item is at its end; dynoxide gives the item again, for ever.",
    source: `${guide}, Paginating table query results`,
    explains: ({ ours, request, theirs }) => {
      const [mine, other] = [list(ours.output?.["pages"]), list(theirs.output?.["pages"])]
      return request.operation === "Query" && request.paged === true && request.input["Limit"] === 1 &&
        mine.length === 2 && other.length > 2 && JSON.stringify(mine[0]) === JSON.stringify(other[0])
    }
  }
]
