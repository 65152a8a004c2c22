/** An entity put together: its plan, and its operations over it. */
import type { Item } from "@armature/dynamodb/Item"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type * as Table from "../Table.js"
import { compile, type Declared, type EntityPlan, type Options, refuse } from "./entityPlan.js"
import { query, queryPage, scan, scanPage } from "./entityQuery.js"
import { decode, get, pick, require_, withTable } from "./entityRead.js"
import type { Prepared } from "./entitySend.js"
import { unsound } from "./entitySound.js"
import { save, update } from "./entityUpdate.js"
import { checkItem, create, delete_, put, replace, size } from "./entityWrite.js"
import { apart, type Values } from "./filled.js"
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
  const all = members as ReadonlyArray<Schema.Schema.All>
  const makes = all.map(constructor)
  const is = apart(all.map(({ ast }) => ast))
  return (input) => makes[is.findIndex((one) => one(input))]?.(input) ?? input
}

export const make = (
  table: Table.Any,
  schema: Schema.Schema.All,
  keys: Readonly<Record<string, Declared>>,
  options: Options = {}
) => {
  // what the plan is of is known to the types of the entity alone
  const plan: EntityPlan<never> = compile(table, schema, keys, options)
  const problem = unsound(plan)
  if (problem !== undefined) refuse(plan.name, problem)
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
      const names = plan.primary.partNames
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
