/** An entity put together: its plan, and its operations over it. */
import type { Item } from "@armature/dynamodb/Item"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type * as Table from "../Table.js"
import { compile, type Declared, type EntityPlan, type Options, partNames } from "./entityPlan.js"
import { query, queryPage, scan, scanPage } from "./entityQuery.js"
import { decode, get, pick, require_, withTable } from "./entityRead.js"
import type { Prepared } from "./entitySend.js"
import { save, update } from "./entityUpdate.js"
import { checkItem, create, delete_, put, replace, size, type Values } from "./entityWrite.js"
import type { WriteOperation } from "./operation.js"

export const TypeId: unique symbol = Symbol.for("@armature/model/Entity")

type Constructor = new(props: unknown, options?: { readonly disableValidation?: boolean }) => object

const isClass = (schema: Schema.Schema.All): schema is Schema.Schema.All & Constructor =>
  // a struct is a function, too, but none that makes an instance of it
  typeof schema === "function" && "fields" in schema && "identifier" in schema

/** What makes a value of a struct's attributes, with the schema's defaults for those that are not there. */
const makerOf = (schema: Schema.Schema.All): ((input: Values, options: unknown) => object) | undefined => {
  const [fields, make]: ReadonlyArray<unknown> = [Reflect.get(schema, "fields"), Reflect.get(schema, "make")]
  // what a schema with fields has under this name makes a value of them
  return typeof fields === "object" && typeof make === "function" ? make as ReturnType<typeof makerOf> : undefined
}

/**
 * A value of the model out of its attributes: of a class an instance, defaults included. Whether it is what the schema says is found when it
 * is encoded.
 */
const constructor = (schema: Schema.Schema.All): (input: Values) => object => {
  if (isClass(schema)) return (input) => new schema(input, { disableValidation: true })
  const make = makerOf(schema)
  if (make !== undefined) return (input) => make(input, { disableValidation: true })
  const members: unknown = Reflect.get(schema, "members")
  if (!Array.isArray(members)) return (input) => input
  // what a union has under this name are its members
  const all = (members as ReadonlyArray<Schema.Schema.All>).map((member) => ({
    make: constructor(member),
    literals: literalsOf(member)
  }))
  return (input) => all.find(({ literals }) => literals.every(([name, is]) => is(input[name])))?.make(input) ?? input
}

/** The attributes of a member of a union that are literals, by which it is told from the others. */
const literalsOf = (schema: Schema.Schema.All): ReadonlyArray<readonly [string, (value: unknown) => boolean]> => {
  const fields: unknown = Reflect.get(schema, "fields")
  return typeof fields !== "object" || fields === null ? [] : Object.entries(fields).flatMap(([name, field]) => {
    const literals = literalsIn(field)
    return literals.length === 0 ? [] : [[name, (value: unknown) => literals.includes(value)] as const]
  })
}

const literalsIn = (field: unknown): ReadonlyArray<unknown> => {
  const ast: unknown = member(field, "ast")
  // a tag is a property with a default around its literal
  return literalsOfType(member(ast, "type") ?? member(member(ast, "to"), "type") ?? ast)
}

const literalsOfType = (ast: unknown): ReadonlyArray<unknown> => {
  const types = member(ast, "types")
  if (Array.isArray(types)) {
    const all = types.map(literalsOfType)
    return all.every((one) => one.length > 0) ? all.flat() : []
  }
  return member(ast, "_tag") === "Literal" ? [member(ast, "literal")] : []
}

const member = (u: unknown, name: string): unknown =>
  (typeof u === "object" || typeof u === "function") && u !== null ? Reflect.get(u, name) : undefined

export const make = (
  table: Table.Any,
  schema: Schema.Schema.All,
  keys: Readonly<Record<string, Declared>>,
  options: Options = {}
) => {
  // what the plan is of is known to the types of the entity alone
  const plan: EntityPlan<never> = compile(table, schema, keys, options)
  return fromPlan(plan)
}

/** A write that the hooks of its kind run around. */
const hooked = <K extends ReadonlyArray<unknown>>(
  write: (...input: K) => WriteOperation,
  before: ((...input: K) => Effect.Effect<unknown, unknown, unknown>) | undefined,
  after: ((...input: K) => Effect.Effect<unknown, unknown, unknown>) | undefined
): (...input: K) => WriteOperation =>
  before === undefined && after === undefined ? write : (...input) =>
    write(...input).around(
      before === undefined ? undefined : Effect.suspend(() => before(...input)),
      after === undefined ? undefined : () => Effect.suspend(() => after(...input))
    )

/** The operations of an entity that is compiled. */
export const fromPlan = (plan: EntityPlan<never>) => {
  const { afterDelete, afterPut, afterUpdate, beforeDelete, beforeUpdate } = plan.hooks ?? {}
  const tapped = <K extends ReadonlyArray<unknown>>(write: (...input: K) => WriteOperation) =>
    afterPut === undefined ? write : (...input: K) =>
      // what a put writes is in its plan
      write(...input).around(undefined, (made) => Effect.suspend(() => afterPut((made as Prepared).written ?? {})))
  /** The primary key out of a key or a whole item. */
  const keyed = (hook: ((key: Values) => Effect.Effect<unknown, unknown, unknown>) | undefined) =>
    hook === undefined ? undefined : (key: Values) => {
      const names = partNames(plan.primary)
      return hook(Object.fromEntries(names.map((name) => [name, key[name]])))
    }
  const [beforeSave, afterSave] = [keyed(beforeUpdate), keyed(afterUpdate)]
  return {
    [TypeId]: TypeId,
    name: plan.name,
    table: plan.table,
    plan,
    put: tapped(put(plan)),
    create: tapped(create(plan, constructor(plan.schema))),
    replace: tapped(replace(plan)),
    get: get(plan),
    require: require_(plan),
    pick: pick(plan),
    update: hooked(update(plan), beforeSave, afterSave),
    save: hooked(
      save(plan),
      beforeSave && ((_, after) => beforeSave(after)),
      afterSave && ((_, after) => afterSave(after))
    ),
    delete: hooked(delete_(plan), keyed(beforeDelete), keyed(afterDelete)),
    check: checkItem(plan),
    query: query(plan),
    queryPage: queryPage(plan),
    scan: scan(plan),
    scanPage: scanPage(plan),
    size: size(plan),
    decode: (item: Item) => Effect.suspend(() => withTable(plan, (name) => decode(plan, name, item)))
  }
}
