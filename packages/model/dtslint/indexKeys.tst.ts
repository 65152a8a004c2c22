/** What may be part of an index's key, and what an update of it takes. */
import * as Attribute from "@armature/model/Attribute"
import * as Collection from "@armature/model/Collection"
import * as Entity from "@armature/model/Entity"
import type { ConditionalCheckFailedException, ItemNotFoundException } from "@armature/model/EntityException"
import type { Action, Capability } from "@armature/model/Expression"
import { key } from "@armature/model/Key"
import * as Table from "@armature/model/Table"
import type * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { describe, expect, it } from "tstyche"

const App = Table.make("app", {
  key: ["pk", "sk"],
  keyTypes: { year: "N" },
  indexes: {
    gsi1: ["g1pk", "g1sk"],
    lsi1: { key: ["pk", "l1sk"], local: true },
    byNick: ["nick"],
    byYear: { partitionKey: ["year"] },
    byText: { partitionKey: ["nick", "state"] },
    byLines: { partitionKey: ["lines"] }
  }
})

class Doc extends Schema.Class<Doc>("Doc")({
  id: Schema.String,
  nick: Schema.NullOr(Schema.String),
  alias: Schema.optionalWith(Schema.String, { as: "Option" }),
  rank: Schema.optional(Schema.Number),
  state: Schema.String,
  year: Schema.Number,
  lines: Schema.Array(Schema.String)
}) {}

const primary = { pk: key`DOC#${"id"}`, sk: key`DOC` } as const

type Of<E> = Extract<E, ConditionalCheckFailedException<unknown, unknown, unknown> | ItemNotFoundException>["_tag"]
declare const successOf: <A>(effect: Effect.Effect<A, unknown, unknown>) => A
declare const conditions: <E>(effect: Effect.Effect<unknown, E, unknown>) => Of<E>

describe("an attribute that may be null, or is not always there,", () => {
  const Docs = Entity.make(App, Doc, {
    primary,
    byState: { index: "gsi1", pk: key`${"state"}#${"nick"}`, sk: key`${"rank"}#${"alias"}` },
    mine: { index: "lsi1", sk: key`${"nick"}` }
  })
  it("is part of a template of an index, and asked for by the value itself", () => {
    Docs.query("byState", { state: "new", nick: "n" }, { sk: { eq: { rank: 1, alias: "a" } } })
    // @ts-expect-error Type 'null' is not assignable to type 'string'
    Docs.query("byState", { state: "new", nick: null })
  })
  it("is given as it stands, or as what is not there", () => {
    Docs.update({ id: "1" }, (p) => [p.state.set("old")], { given: { nick: "n" } })
    Docs.update({ id: "1" }, (p) => [p.state.set("old")], { given: { nick: null } })
    Docs.update({ id: "1" }, (p) => [p.rank.set(2)], { given: { alias: "a" } })
    Docs.update({ id: "1" }, (p) => [p.rank.set(2)], { given: { alias: undefined } })
    Docs.update({ id: "1" }, (p) => [p.nick.set(null)], { given: { state: "new" } })
    // @ts-expect-error! given is not all
    Docs.update({ id: "1" }, (p) => [p.state.set("old")], { given: {} })
    // @ts-expect-error Type 'undefined' is not assignable to type 'string | null'
    Docs.update({ id: "1" }, (p) => [p.state.set("old")], { given: { nick: undefined } })
    Docs.update({ id: "1" }, (p) => [p.rank.remove], { given: { alias: "a" } })
    // @ts-expect-error! given is missing
    Docs.update({ id: "1" }, (p) => [p.rank.remove])
    // @ts-expect-error rank is part of an index key: it can only be set to a value
    Docs.update({ id: "1" }, (p) => [p.rank.setIfMissing(1)], { given: { alias: "a" } })
  })
  it("is part of no primary key, and no key by itself where it may be null", () => {
    // @ts-expect-error nick cannot be part of this key
    Entity.make(App, Doc, { primary: { pk: key`DOC#${"nick"}`, sk: key`DOC` } })
    // @ts-expect-error nick cannot be part of this key
    Entity.make(App, Doc, { primary, byNick: { index: "byNick", pk: key.attribute("nick") } })
    // @ts-expect-error nick cannot be part of this key
    Entity.make(App, Doc, { primary, byText: { index: "byText" } })
  })
})

describe("an index of the entity's own attributes", () => {
  it("takes those of the types that the table says", () => {
    Entity.make(App, Doc, { primary, byYear: { index: "byYear" } })
    // @ts-expect-error lines cannot be part of this key
    Entity.make(App, Doc, { primary, byLines: { index: "byLines" } })
  })
})

describe("what each update changes by itself", () => {
  class Task extends Schema.Class<Task>("Task")({
    id: Schema.String,
    state: Schema.String,
    title: Schema.String,
    changed: Attribute.UpdatedAt
  }) {}
  const Tasks = Entity.make(App, Task, {
    primary,
    byState: { index: "gsi1", pk: key`${"state"}`, sk: key`${"changed"}#${"id"}` }
  })
  const Mixed = Entity.make(App, Task, {
    primary,
    byState: { index: "gsi1", pk: key`ALL`, sk: key`${"state"}#${"changed"}` }
  })
  it("touches the index keys that are made of it, in every update", () => {
    const alone = Tasks.update({ id: "1" }, (p) => [p.title.set("x")])
    expect(conditions(alone)).type.toBe<"ItemNotFoundException">()
    const given = Mixed.update({ id: "1" }, (p) => [p.title.set("x")], { given: { state: "new" } })
    expect(conditions(given)).type.toBe<"ConditionalCheckFailedException">()
    Mixed.update({ id: "1" }, (p) => [p.state.set("old")])
    // @ts-expect-error! given is missing
    Mixed.update({ id: "1" }, (p) => [p.title.set("x")])
  })
  it("is part of no primary key", () => {
    // @ts-expect-error changed cannot be part of this key
    Entity.make(App, Task, { primary: { pk: key`${"id"}`, sk: key`${"changed"}` } })
  })
  it("of a list of actions that was made elsewhere, either failure can come", () => {
    const elsewhere: ReadonlyArray<Action<string, boolean, Capability>> = []
    const update = Mixed.update({ id: "1" }, () => elsewhere, { given: { state: "new" } })
    expect(conditions(update)).type.toBe<"ConditionalCheckFailedException" | "ItemNotFoundException">()
    const upsert = Mixed.update({ id: "1" }, () => elsewhere, { given: { state: "new" }, upsert: true })
    expect(conditions(upsert)).type.toBe<"ConditionalCheckFailedException">()
  })
})

describe("what fills itself", () => {
  class Wrapped extends Schema.Class<Wrapped>("Wrapped")({
    id: Schema.String,
    made: Schema.optionalWith(Attribute.CreatedAt, { as: "Option" }),
    changed: Schema.NullOr(Attribute.UpdatedAt),
    twice: Attribute.hidden(Attribute.computed(Schema.String, ({ id }: { readonly id: string }) => id + id))
  }) {}
  const All = Entity.make(App, Wrapped, { primary })
  it("need not be given, whatever Schema wraps around it", () => {
    expect(successOf(All.create({ id: "1" })).changed).type.toBe<DateTime.Utc | null>()
    // @ts-expect-error Refused<"id is missing">
    All.create({})
  })
})

describe("an Option, however it is stored,", () => {
  class Noted extends Schema.Class<Noted>("Noted")({
    id: Schema.String,
    state: Schema.String,
    nick: Schema.OptionFromNullOr(Schema.String),
    alias: Schema.optionalWith(Schema.String, { as: "Option", nullable: true }),
    name: Schema.OptionFromNonEmptyTrimmedString
  }) {}
  const All = Entity.make(App, Noted, {
    primary,
    byState: { index: "gsi1", pk: key`${"state"}#${"nick"}`, sk: key`${"alias"}` }
  })
  it("is the value inside in operands and keys, and null for none where that is what stands there", () => {
    All.update({ id: "1" }, (p) => [p.nick.set("n")], { given: { state: "new" } })
    All.update({ id: "1" }, (p) => [p.nick.set(null)], { given: { state: "new" }, if: (p) => p.nick.eq("m") })
    All.update({ id: "1" }, (p) => [p.state.set("old")], { given: { nick: undefined } })
    All.update({ id: "1" }, (p) => [p.alias.set("a"), p.name.set("x")])
    // @ts-expect-error Type 'null' is not assignable to type 'string'
    All.query("byState", { state: "new", nick: null })
    // @ts-expect-error! none of one that is left out is taken away
    All.update({ id: "1" }, (p) => [p.alias.set(null)])
    // @ts-expect-error! the value inside
    All.update({ id: "1" }, (p) => [p.name.set(Option.some("x"))])
  })
})

describe("a collection", () => {
  const member = {
    primary,
    mine: { index: "lsi1", sk: key`${"state"}` },
    byState: { index: "gsi1", pk: key`${"state"}`, sk: key`${"id"}` }
  } as const
  const Docs = Entity.make(App, Doc, member, { name: "One" })
  const Others = Entity.make(App, Doc, member, { name: "Two" })
  const both = { docs: Docs, others: Others }
  it("has consistent reads of the table and of local indexes, and none of a global one", () => {
    Collection.make(both).query({ id: "1" }, { consistent: true })
    Collection.make(both, { index: "mine" }).grouped({ id: "1" }, { consistent: true })
    const global = Collection.make(both, { index: "byState" })
    global.query({ state: "new" }, { consistent: false, others: "fail" })
    // @ts-expect-error a global index has no consistent reads
    global.query({ state: "new" }, { consistent: true })
    // @ts-expect-error a global index has no consistent reads
    global.queryPage({ state: "new" }, { consistent: true })
    // @ts-expect-error a global index has no consistent reads
    global.grouped({ state: "new" }, { consistent: true })
  })
  it("is changed by whatever changes it where it is the key by itself", () => {
    const Years = Entity.make(App, Doc, { primary, byYear: { index: "byYear" } })
    Years.update({ id: "1" }, (p) => [p.year.add(1)])
    const Made = Entity.make(App, Doc, { primary, byYear: { index: "gsi1", pk: key`${"year"}`, sk: key`DOC` } })
    // @ts-expect-error year is part of an index key: it can only be set to a value
    Made.update({ id: "1" }, (p) => [p.year.add(1)])
  })
})
