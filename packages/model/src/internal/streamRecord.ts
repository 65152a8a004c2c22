/** Records of streams as a Lambda function receives them, read into wire form. Pure: whatever is not such a record is a `Fault`. */
import type { AttributeValue } from "@armature/dynamodb/AttributeValue"
import type { Item } from "@armature/dynamodb/Item"
import * as Either from "effect/Either"

/** Where a record is not what it should be, and in what; never with a value. */
export interface Fault {
  readonly path: ReadonlyArray<string | number>
  readonly reason: string
}

/** A record in wire form. */
export interface Parsed {
  readonly event: "Insert" | "Modify" | "Remove"
  readonly eventId: string | undefined
  readonly sequenceNumber: string
  /** Milliseconds since 1970. */
  readonly at: number | undefined
  /** DynamoDB took the item away since it had expired. */
  readonly expired: boolean
  readonly keys: Item
  readonly new: Item | undefined
  readonly old: Item | undefined
}

type Path = ReadonlyArray<string | number>

class Stop {
  constructor(readonly fault: Fault) {}
}

const stop = (path: Path, reason: string): never => {
  throw new Stop({ path, reason })
}

const run = <A>(read: () => A): Either.Either<A, Fault> => {
  try {
    return Either.right(read())
  } catch (e) {
    if (e instanceof Stop) return Either.left(e.fault)
    return Either.left({ path: [], reason: "cannot be read" })
  }
}

const isRecord = (u: unknown): u is Readonly<Record<string, unknown>> =>
  typeof u === "object" && u !== null && !Array.isArray(u) && !(u instanceof Uint8Array)

const record = (u: unknown, path: Path): Readonly<Record<string, unknown>> =>
  isRecord(u) ? u : stop(path, "is no object")

const text = (u: unknown, path: Path): string => typeof u === "string" ? u : stop(path, "is no text")

const optionalText = (u: unknown, path: Path): string | undefined =>
  u === undefined || u === null ? undefined : text(u, path)

const list = (u: unknown, path: Path): ReadonlyArray<unknown> => Array.isArray(u) ? u : stop(path, "is no list")

// ---------------------------------------------------------------------------------------------------------------- values

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

const number = /^-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/

/** DynamoDB has 32 levels; what is deeper did not come from it. */
const maxDepth = 32

/** Of Lambda's JSON base64 text; of an SDK's record the bytes. */
const bytes = (u: unknown, path: Path): Uint8Array => {
  if (u instanceof Uint8Array) return u
  const encoded = text(u, path)
  return base64.test(encoded) ? Uint8Array.from(Buffer.from(encoded, "base64")) : stop(path, "is no base64 text")
}

const digits = (u: unknown, path: Path): string => {
  const written = text(u, path)
  return number.test(written) ? written : stop(path, "is no number")
}

const members = <A>(u: unknown, path: Path, one: (u: unknown, path: Path) => A): Array<A> =>
  list(u, path).map((member, i) => one(member, [...path, i]))

const value = (u: unknown, path: Path, depth: number): AttributeValue => {
  const entries = Object.entries(record(u, path)).filter(([, member]) => member !== undefined)
  const [first, second] = entries
  if (first === undefined || second !== undefined) return stop(path, "is no attribute value: it has not one type")
  if (depth > maxDepth) return stop(path, "is nested deeper than DynamoDB allows")
  const [type, inner] = first
  switch (type) {
    case "S":
      return { S: text(inner, path) }
    case "N":
      return { N: digits(inner, path) }
    case "B":
      return { B: bytes(inner, path) }
    case "BOOL":
      return typeof inner === "boolean" ? { BOOL: inner } : stop(path, "is no boolean")
    case "NULL":
      return inner === true ? { NULL: true } : stop(path, "is no null")
    case "M":
      return { M: values(inner, path, depth + 1) }
    case "L":
      return { L: members(inner, path, (member, at) => value(member, at, depth + 1)) }
    case "SS":
      return { SS: members(inner, path, text) }
    case "NS":
      return { NS: members(inner, path, digits) }
    case "BS":
      return { BS: members(inner, path, bytes) }
    default:
      return stop(path, "is of a type that DynamoDB does not have")
  }
}

const values = (u: unknown, path: Path, depth: number): Item =>
  // not by assignment, to which a name like __proto__ would be something else
  Object.fromEntries(Object.entries(record(u, path)).map(([name, one]) => [name, value(one, [...path, name], depth)]))

/** An item as DynamoDB JSON. */
export const parseImage = (image: unknown): Either.Either<Item, Fault> => run(() => values(image, [], 0))

// ---------------------------------------------------------------------------------------------------------------- records

const events: Readonly<Record<string, Parsed["event"]>> = { INSERT: "Insert", MODIFY: "Modify", REMOVE: "Remove" }

/** Seconds in a stream of DynamoDB's own; milliseconds, or microseconds where it says so, in Kinesis. */
const timeOf = (u: unknown, unit: number, path: Path): number | undefined => {
  if (u === undefined || u === null) return undefined
  if (u instanceof Date) return u.getTime()
  return typeof u === "number" && Number.isFinite(u) && Math.abs(u * unit) <= 8.64e15
    ? Math.trunc(u * unit)
    : stop(path, "is no time")
}

/** TTL deletes in the name of the service itself. */
const isExpiry = (u: unknown): boolean =>
  isRecord(u) && String(u["type"] ?? u["Type"]) === "Service" &&
  String(u["principalId"] ?? u["PrincipalId"]) === "dynamodb.amazonaws.com"

const change = (
  of: Readonly<Record<string, unknown>>,
  path: Path,
  kinesis: string | undefined
): Parsed => {
  const name = text(of["eventName"], [...path, "eventName"])
  const event = (Object.hasOwn(events, name) ? events[name] : undefined) ??
    stop([...path, "eventName"], "is none of INSERT, MODIFY and REMOVE")
  const at = [...path, "dynamodb"]
  const body = record(of["dynamodb"], at)
  const image = (name: "NewImage" | "OldImage") =>
    body[name] === undefined || body[name] === null ? undefined : values(body[name], [...at, name], 0)
  const unit = kinesis === undefined ? 1000 : body["ApproximateCreationDateTimePrecision"] === "MICROSECOND" ? 0.001 : 1
  const created = "ApproximateCreationDateTime"
  return {
    event,
    eventId: optionalText(of["eventID"], [...path, "eventID"]),
    sequenceNumber: kinesis ?? text(body["SequenceNumber"], [...at, "SequenceNumber"]),
    at: timeOf(body[created], unit, [...at, created]),
    expired: isExpiry(of["userIdentity"]),
    keys: values(body["Keys"], [...at, "Keys"], 0),
    new: image("NewImage"),
    old: image("OldImage")
  }
}

const payload = (data: unknown, path: Path): unknown => {
  const json = Buffer.from(bytes(data, path)).toString("utf8")
  try {
    return JSON.parse(json)
  } catch {
    return stop(path, "is no JSON")
  }
}

/** A record of a DynamoDB stream, or of a Kinesis data stream that takes a table's changes. */
export const parseRecord = (u: unknown): Either.Either<Parsed, Fault> =>
  run(() => {
    const outer = record(u, [])
    if (outer["kinesis"] === undefined) return change(outer, [], undefined)
    const kinesis = record(outer["kinesis"], ["kinesis"])
    const path = ["kinesis", "data"]
    return change(
      record(payload(kinesis["data"], path), path),
      path,
      text(kinesis["sequenceNumber"], ["kinesis", "sequenceNumber"])
    )
  })
