/**
 * The expressions of one request, parsed (or taken from the cache of parsed texts) and bound to its names and values.
 */
import { Refusal, validation } from "../refusal.js"
import { type AttributeValue, decode } from "../value.js"
import * as wording from "../wording/expression.js"
import type { Condition, Parsed, Path, Update } from "./ast.js"
import { bindCondition, bindProjection, bindUpdate, ExpressionFault, type Scope } from "./bind.js"
import * as condition from "./condition.js"
import { type KeyPredicate, keyPredicates } from "./keyCondition.js"
import * as projection from "./projection.js"
import * as update from "./update.js"

export interface Parameters {
  readonly UpdateExpression?: string | undefined
  readonly ConditionExpression?: string | undefined
  readonly KeyConditionExpression?: string | undefined
  readonly FilterExpression?: string | undefined
  readonly ProjectionExpression?: string | undefined
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>> | undefined
  readonly ExpressionAttributeValues?: Readonly<Record<string, unknown>> | undefined
}

export interface Compiled {
  readonly update?: Update
  readonly condition?: Condition
  readonly key?: ReadonlyArray<KeyPredicate>
  readonly filter?: Condition
  readonly projection?: ReadonlyArray<Path>
}

type ExpressionName = Exclude<keyof Parameters, "ExpressionAttributeNames" | "ExpressionAttributeValues">

const maxBytes = 4096
const maxCached = 2000

/** A parser that remembers what it parsed, up to a bound. */
const cached = <A>(parse: (text: string) => Parsed<A>): (text: string) => Parsed<A> => {
  const known = new Map<string, Parsed<A>>()
  return (text) => {
    const found = known.get(text)
    if (found !== undefined) return found
    if (text === "") throw validation(wording.empty)
    const bytes = Buffer.byteLength(text, "utf8")
    if (bytes > maxBytes) throw validation(wording.tooLong(bytes))
    const parsed = parse(text)
    if (known.size >= maxCached) known.clear()
    known.set(text, parsed)
    return parsed
  }
}

const parseCondition = cached(condition.parse)
const parseUpdate = cached(update.parse)
const parseProjection = cached(projection.parse)

/** Refuses parameters that do not go together: expressions beside legacy ones, names or values without an expression. */
export const checkParameters = (
  input: Parameters,
  expressions: ReadonlyArray<ExpressionName>,
  legacy: ReadonlyArray<string>
): void => {
  const given = expressions.filter((name) => input[name] !== undefined)
  if (given.length > 0 && legacy.length > 0) throw validation(wording.mixed(legacy, given))
  if (input.ExpressionAttributeNames === undefined && input.ExpressionAttributeValues === undefined) return
  if (input.ExpressionAttributeNames !== undefined && given.length === 0) {
    throw validation(wording.namesWithoutExpression)
  }
  const withValues = expressions.filter((name) => name !== "ProjectionExpression")
  if (
    input.ExpressionAttributeValues !== undefined && withValues.length > 0 &&
    withValues.every((name) => input[name] === undefined)
  ) {
    throw validation(wording.valuesWithoutExpression(withValues))
  }
}

const nameKey = /^#[A-Za-z0-9_]+$/
const valueKey = /^:[A-Za-z0-9_]+$/

const none: Readonly<Record<string, never>> = {}

const decodeValues = (given: Readonly<Record<string, unknown>>): Readonly<Record<string, AttributeValue>> => {
  const keys = Object.keys(given)
  if (keys.length === 0) throw validation(wording.emptyValues)
  for (const key of keys) if (!valueKey.test(key)) throw validation(wording.valueKey(key))
  const values: Record<string, AttributeValue> = {}
  for (const key of keys) {
    try {
      values[key] = decode(given[key])
    } catch (refusal) {
      if (refusal instanceof Refusal && refusal.code === "ValidationException") {
        throw validation(wording.invalidValue(refusal.message, key))
      }
      throw refusal
    }
  }
  return values
}

const checkNames = (names: Readonly<Record<string, string>>): void => {
  const keys = Object.keys(names)
  if (keys.length === 0) throw validation(wording.emptyNames)
  for (const key of keys) {
    if (!nameKey.test(key)) throw validation(wording.nameKey(key))
    if (names[key] === "") throw validation(wording.nameEmpty(key))
  }
}

/** What is wrong with an expression, said as being about the parameter `name`. */
const about = <A>(name: ExpressionName, compile: () => A): A => {
  try {
    return compile()
  } catch (thrown) {
    if (thrown instanceof ExpressionFault) throw validation(`Invalid ${name}: ${thrown.message}`)
    // A refusal while parsing is about the text.
    if (thrown instanceof Refusal) throw new Refusal(thrown.code, `Invalid ${name}: ${thrown.message}`)
    throw thrown
  }
}

const unused = (given: Readonly<Record<string, unknown>>, used: ReadonlySet<string>): ReadonlyArray<string> => {
  let count = 0
  for (const _ in given) count++
  // only what is given is used
  return count === used.size ? [] : Object.keys(given).filter((key) => !used.has(key))
}

export const compile = (input: Parameters): Compiled => {
  const names = input.ExpressionAttributeNames
  if (names !== undefined) checkNames(names)
  const values = input.ExpressionAttributeValues === undefined ? none : decodeValues(input.ExpressionAttributeValues)
  const scope: Scope = { names: names ?? none, values, usedNames: new Set(), usedValues: new Set() }
  const { ConditionExpression, FilterExpression, KeyConditionExpression, ProjectionExpression, UpdateExpression } =
    input
  const compiled: { -readonly [K in keyof Compiled]: Compiled[K] } = {}
  let key: Condition | undefined
  if (UpdateExpression !== undefined) {
    compiled.update = {
      actions: about("UpdateExpression", () => bindUpdate(parseUpdate(UpdateExpression), scope)),
      legacy: false
    }
  }
  if (ConditionExpression !== undefined) {
    compiled.condition = about(
      "ConditionExpression",
      () => bindCondition(parseCondition(ConditionExpression), scope)
    )
  }
  if (KeyConditionExpression !== undefined) {
    key = about("KeyConditionExpression", () => bindCondition(parseCondition(KeyConditionExpression), scope))
  }
  if (FilterExpression !== undefined) {
    compiled.filter = about("FilterExpression", () => bindCondition(parseCondition(FilterExpression), scope))
  }
  if (ProjectionExpression !== undefined) {
    compiled.projection = about(
      "ProjectionExpression",
      () => bindProjection(parseProjection(ProjectionExpression), scope)
    )
  }
  if (names !== undefined) {
    const left = unused(names, scope.usedNames)
    if (left.length > 0) throw validation(wording.unusedNames(left))
  }
  const left = unused(values, scope.usedValues)
  if (left.length > 0) throw validation(wording.unusedValues(left))
  if (key !== undefined) compiled.key = keyPredicates(key)
  return compiled
}
