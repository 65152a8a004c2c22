/**
 * Renders expressions: text with a placeholder for every name and value, so that no word is reserved and no character odd.
 */
import { SerializationException, ValidationException } from "@armature/aws/Exceptions"
import type { AttributeValue } from "@aws-sdk/client-dynamodb"
import * as Either from "effect/Either"
import { encode, isWellFormed, latin1 } from "./attributeValue.js"
import type * as tree from "./expressionTree.js"
import { TypeId } from "./expressionTree.js"
import { utf8Length } from "./item.js"
import type { Item } from "./items.js"

export interface Rendered {
  ConditionExpression?: string
  FilterExpression?: string
  KeyConditionExpression?: string
  ProjectionExpression?: string
  UpdateExpression?: string
  ExpressionAttributeNames?: Record<string, string>
  ExpressionAttributeValues?: Item
}

const maxBytes = 4096
const maxOperands = 100
/** DynamoDB's limit of operators. More levels than that are not rendered, so that no tree overflows the stack. */
const maxNesting = 300

type Failure = SerializationException | ValidationException

/** Thrown, so that rendering ends where it is; `render` gives the failure. */
class Refused {
  readonly #brand = true
  constructor(readonly failure: Failure) {}

  static is(thrown: unknown): thrown is Refused {
    return typeof thrown === "object" && thrown !== null && #brand in thrown
  }
}

const invalid = (reason: string): never => {
  throw new Refused(new ValidationException({ reason }))
}

const isOperand = (value: unknown): value is tree.Operand =>
  typeof value === "object" && value !== null && TypeId in value

const stepsOf = (path: tree.Path): ReadonlyArray<string | number> => typeof path === "string" ? [path] : path

type About = ReadonlyArray<string | number>

const nothing: About = []

/** The attribute that a comparison is about, for the path of a value that cannot be encoded. */
const aboutOf = (subject: tree.Path | tree.Operand): About =>
  isOperand(subject) ? subject._tag === "Path" ? stepsOf(subject.path) : nothing : stepsOf(subject)

function bytesAsText(this: Readonly<Record<string, unknown>>, name: string, value: unknown): unknown {
  // a Buffer has turned itself into something else by now
  const own = this[name]
  return own instanceof Uint8Array ? latin1(own) : value
}

/** Equal for values that are equal. */
const keyOf = (value: AttributeValue): string =>
  value.S !== undefined ? `S${value.S}` : value.N !== undefined ? `N${value.N}` : JSON.stringify(value, bytesAsText)

const placeholder = /[#:][A-Za-z0-9_]+/g

/** The names and values of all expressions of a request, and the text of the one that is being written. */
class Renderer {
  private readonly names = new Map<string, string>()
  private readonly values = new Map<string, string>()
  private readonly attributeNames: Record<string, string> = {}
  private readonly attributeValues: Item = {}
  /** Placeholders that text of one's own uses or defines. */
  private readonly taken = new Set<string>()
  private member = ""
  private text = ""
  private depth = 0

  constructor(expressions: tree.Expressions) {
    const { names = {}, values = {} } = expressions
    for (const own of [expressions.condition, expressions.filter, expressions.keyCondition]) this.reserve(own)
    this.reserve(expressions.projection)
    this.reserve(expressions.update)
    for (const [name, attribute] of Object.entries(names)) {
      if (!name.startsWith("#")) invalid("a placeholder of `names` does not begin with #")
      this.taken.add(name)
      this.attributeNames[name] = attribute
    }
    for (const [name, value] of Object.entries(values)) {
      if (!name.startsWith(":")) invalid("a placeholder of `values` does not begin with :")
      this.taken.add(name)
      this.attributeValues[name] = this.encoded(value, [name])
    }
  }

  private reserve(expression: unknown): void {
    if (typeof expression !== "string") return
    for (const [used] of expression.matchAll(placeholder)) this.taken.add(used)
  }

  /** One expression: text of one's own as it stands, or what `write` emits. */
  expression<E>(member: string, expression: E | string, write: (expression: E) => void): string {
    this.member = member
    this.text = ""
    this.depth = 0
    if (typeof expression !== "string") {
      write(expression)
      return this.text
    }
    return utf8Length(expression) > maxBytes ? this.tooLong() : expression
  }

  /** The members for names and values, where there are any. */
  finish(to: Rendered): void {
    if (Object.keys(this.attributeNames).length > 0) to.ExpressionAttributeNames = this.attributeNames
    if (Object.keys(this.attributeValues).length > 0) to.ExpressionAttributeValues = this.attributeValues
  }

  condition(condition: tree.Condition, within?: "And"): void {
    if (++this.depth > maxNesting) {
      invalid(
        `the ${this.member} is nested more than ${maxNesting} levels deep, and DynamoDB takes ${maxNesting} operators`
      )
    }
    switch (condition._tag) {
      case "Compare":
        this.comparison(condition.left, condition.operator, condition.right)
        break
      case "Between":
        this.comparison(condition.of, "BETWEEN", condition.low)
        this.emit(" AND ")
        this.conditionOperand(condition.high, aboutOf(condition.of))
        break
      case "In":
        this.in(condition)
        break
      case "Call":
        this.emit(`${condition.name}(`)
        this.subject(condition.of)
        this.emit(", ")
        this.conditionOperand(condition.value, aboutOf(condition.of))
        this.emit(")")
        break
      case "Exists":
        this.emit(condition.exists ? "attribute_exists(" : "attribute_not_exists(")
        this.path(condition.path)
        this.emit(")")
        break
      case "HasType":
        this.emit("attribute_type(")
        this.path(condition.path)
        this.emit(`, ${this.value({ S: condition.type })})`)
        break
      case "And":
        this.joined(condition.conditions, " AND ", within, "And")
        break
      case "Or":
        if (within === "And" && condition.conditions.length > 1) {
          this.emit("(")
          this.joined(condition.conditions, " OR ")
          this.emit(")")
        } else this.joined(condition.conditions, " OR ", within)
        break
      case "Not":
        this.emit("NOT (")
        this.condition(condition.condition)
        this.emit(")")
        break
    }
    this.depth--
  }

  /** One condition alone stands as if there were none around it. */
  private joined(conditions: tree.Conditions, by: string, outside?: "And", inside?: "And"): void {
    const [first, ...more] = conditions
    this.condition(first, more.length === 0 ? outside : inside)
    for (const condition of more) {
      this.emit(by)
      this.condition(condition, inside)
    }
  }

  private comparison(left: tree.Path | tree.ConditionOperand, operator: string, right: unknown): void {
    this.subject(left)
    this.emit(` ${operator} `)
    this.conditionOperand(right, aboutOf(left))
  }

  private in({ of, values }: tree.In): void {
    if (values.length > maxOperands) invalid(`IN takes at most ${maxOperands} values, and here are ${values.length}`)
    this.subject(of)
    this.emit(" IN (")
    values.forEach((value, i) => {
      if (i > 0) this.emit(", ")
      this.conditionOperand(value, aboutOf(of))
    })
    this.emit(")")
  }

  update(actions: tree.Update): void {
    const sections: Record<tree.Action["_tag"], Array<tree.Action>> = { Set: [], Remove: [], Add: [], Delete: [] }
    for (const action of actions) sections[action._tag].push(action)
    for (const [section, members] of Object.entries(sections)) {
      members.forEach((action, i) => {
        this.emit(i > 0 ? ", " : `${this.text === "" ? "" : " "}${section.toUpperCase()} `)
        this.action(action)
      })
    }
  }

  private action(action: tree.Action): void {
    this.path(action.path)
    switch (action._tag) {
      case "Set":
        this.emit(" = ")
        return this.setValue(action.value, stepsOf(action.path))
      case "Remove":
        return
      default:
        this.emit(" ")
        return this.memberValue(action.value, stepsOf(action.path))
    }
  }

  private memberValue(value: unknown, about: About): void {
    if (isOperand(value) && value._tag !== "Native" && value._tag !== "Wire") {
      return invalid("ADD and DELETE take a value, and no path or function")
    }
    this.emit(this.value(this.encoded(value, about)))
  }

  private setValue(value: unknown, about: About): void {
    if (!isOperand(value) || value._tag !== "Sum") return this.setOperand(value, about)
    this.setSubject(value.left, about)
    this.emit(` ${value.operator} `)
    this.setOperand(value.right, about)
  }

  private setSubject(subject: tree.Path | tree.Operand, about: About): void {
    if (isOperand(subject)) this.setOperand(subject, about)
    else this.path(subject)
  }

  private setOperand(value: unknown, about: About): void {
    if (!isOperand(value)) return this.valueOperand(value, about)
    switch (value._tag) {
      case "Sum":
        return invalid("the operands of plus and minus cannot be sums themselves")
      case "Size":
        return invalid("size cannot stand in an update")
      case "IfNotExists":
        this.emit("if_not_exists(")
        this.path(value.path)
        this.emit(", ")
        this.setOperand(value.value, about)
        return this.emit(")")
      case "ListAppend":
        this.emit("list_append(")
        this.setSubject(value.left, about)
        this.emit(", ")
        this.setOperand(value.right, about)
        return this.emit(")")
      default:
        return this.valueOperand(value, about)
    }
  }

  private subject(subject: tree.Path | tree.ConditionOperand): void {
    if (isOperand(subject)) this.conditionOperand(subject, nothing)
    else this.path(subject)
  }

  private conditionOperand(value: unknown, about: About): void {
    if (isOperand(value)) {
      switch (value._tag) {
        case "Size":
          this.emit("size(")
          this.path(value.path)
          return this.emit(")")
        case "IfNotExists":
        case "ListAppend":
        case "Sum":
          return invalid("if_not_exists, list_append, plus and minus stand in an update only")
      }
    }
    this.valueOperand(value, about)
  }

  private valueOperand(value: unknown, about: About): void {
    if (isOperand(value) && value._tag === "Path") this.path(value.path)
    else this.emit(this.value(this.encoded(value, about)))
  }

  projection(paths: tree.Projection): void {
    paths.forEach((path, i) => {
      if (i > 0) this.emit(", ")
      this.path(path)
    })
  }

  private path(path: tree.Path): void {
    stepsOf(path).forEach((step, i) => {
      if (typeof step === "string") this.emit(i === 0 ? this.name(step) : `.${this.name(step)}`)
      else if (Number.isSafeInteger(step) && step >= 0) this.emit(`[${step}]`)
      else invalid("a list index of a path is not a whole number from 0")
    })
  }

  /** The placeholder of an attribute name; always the same for the same name. */
  private name(attribute: string): string {
    const known = this.names.get(attribute)
    if (known !== undefined) return known
    if (attribute === "") invalid("a path has an empty attribute name")
    if (!isWellFormed(attribute)) invalid("a path has an attribute name with a lone surrogate, which UTF-8 cannot hold")
    const own = this.free("#n", this.names.size)
    this.names.set(attribute, own)
    this.attributeNames[own] = attribute
    return own
  }

  /** The placeholder of a value; the same for equal ones. */
  private value(value: AttributeValue): string {
    const key = keyOf(value)
    const known = this.values.get(key)
    if (known !== undefined) return known
    const own = this.free(":v", this.values.size)
    this.values.set(key, own)
    this.attributeValues[own] = value
    return own
  }

  /** The first placeholder from a number on that nobody uses. */
  private free(prefix: string, from: number): string {
    let own = `${prefix}${from}`
    while (this.taken.has(own)) own = `${prefix}${++from}`
    this.taken.add(own)
    return own
  }

  private encoded(value: unknown, about: About): AttributeValue {
    if (isOperand(value)) {
      if (value._tag === "Wire") return value.value
      if (value._tag === "Native") return this.encoded(value.value, about)
    }
    const result = encode(value)
    if (Either.isRight(result)) return result.right
    const { path, reason } = result.left
    throw new Refused(new SerializationException({ path: [...about, ...path], reason }))
  }

  /** Adds text in ASCII. */
  private emit(text: string): void {
    this.text += text
    // looked at as it grows: a tree of shared parts can be far larger than what it is made of
    if (this.text.length > maxBytes) this.tooLong()
  }

  private tooLong(): never {
    return invalid(`the ${this.member} has more than ${maxBytes} bytes, which is DynamoDB's limit`)
  }
}

const rendered = (expressions: tree.Expressions): Rendered => {
  const { condition, filter, keyCondition, names, projection, update, values } = expressions
  const all: ReadonlyArray<unknown> = [condition, filter, keyCondition, names, projection, update, values]
  // most reads, and many writes, have none
  if (all.every((one) => one === undefined)) return {}
  const renderer = new Renderer(expressions)
  const write = (condition: tree.Condition) => renderer.condition(condition)
  const to: Rendered = {}
  if (keyCondition !== undefined) {
    to.KeyConditionExpression = renderer.expression("KeyConditionExpression", keyCondition, write)
  }
  if (condition !== undefined) to.ConditionExpression = renderer.expression("ConditionExpression", condition, write)
  if (filter !== undefined) to.FilterExpression = renderer.expression("FilterExpression", filter, write)
  if (update !== undefined) {
    to.UpdateExpression = renderer.expression("UpdateExpression", update, (actions) => renderer.update(actions))
  }
  if (projection !== undefined) {
    to.ProjectionExpression = renderer.expression("ProjectionExpression", projection, (p) => renderer.projection(p))
  }
  renderer.finish(to)
  return to
}

export const render = (expressions: tree.Expressions): Either.Either<Rendered, Failure> => {
  try {
    return Either.right(rendered(expressions))
  } catch (thrown) {
    return Either.left(
      Refused.is(thrown) ? thrown.failure : new SerializationException({ path: [], reason: "throws when it is read" })
    )
  }
}
