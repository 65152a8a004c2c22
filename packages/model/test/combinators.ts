/** What Schema can make of a schema, each in a field: the type tests and the stored bytes are held to the same list. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

export interface Tree<A> {
  readonly inner: A
  readonly below?: Tree<A>
}

/** A class that is declared in a function has a type that cannot be named outside; what it encodes to can. */
const encodedAs = <A, I>(schema: Schema.Schema<A, I>): Schema.Schema<unknown, I> => Schema.make(schema.ast)

/** Each field keeps what its schema does, whatever that is. */
export const kept = <A, I>(marked: Schema.Schema<A, I>) => {
  const type = Schema.typeSchema(marked)
  const inner = Schema.Struct({ inner: marked })
  const both = Schema.Struct({ inner: marked, other: Schema.Number })
  class Own extends Schema.Class<Own>("Own")({ inner: marked }) {}
  class Tagged extends Schema.TaggedClass<Tagged>()("Tagged", { inner: marked }) {}
  class Extended extends Own.extend<Extended>("Extended")({ more: Schema.Number }) {}
  class Transformed extends Own.transformOrFail<Transformed>("Transformed")({ more: Schema.Number }, {
    decode: (own) => ParseResult.succeed({ ...own, more: 1 }),
    encode: ({ inner }) => ParseResult.succeed({ inner })
  }) {}
  const Tree = Schema.Struct({
    inner: marked,
    below: Schema.optionalWith(Schema.suspend((): Schema.Schema<Tree<A>, Tree<I>> => Tree), { exact: true })
  })
  return {
    plain: marked,
    optional: Schema.optional(marked),
    optionalExact: Schema.optionalWith(marked, { exact: true }),
    optionalNullable: Schema.optionalWith(marked, { nullable: true }),
    optionalOption: Schema.optionalWith(marked, { as: "Option" }),
    optionalOptionExact: Schema.optionalWith(marked, { as: "Option", exact: true }),
    optionalOptionNullable: Schema.optionalWith(marked, { as: "Option", nullable: true }),
    optionalToOptional: Schema.optionalToOptional(marked, type, { decode: (a) => a, encode: (a) => a }),
    nullOr: Schema.NullOr(marked),
    undefinedOr: Schema.UndefinedOr(marked),
    nullishOr: Schema.NullishOr(marked),
    filter: Schema.asSchema(marked.pipe(Schema.filter(() => true))),
    filterEffect: Schema.filterEffect(marked, () => Effect.succeed(true)),
    brand: Schema.asSchema(marked.pipe(Schema.brand("Brand"))),
    annotations: marked.annotations({ title: "title", identifier: "Identifier", description: "description" }),
    propertySignature: Schema.propertySignature(marked).annotations({ title: "title" }),
    fromKey: Schema.propertySignature(marked).pipe(Schema.fromKey("stored")),
    transform: Schema.transform(marked, Schema.Struct({ value: type }), {
      strict: true,
      decode: (value) => ({ value }),
      encode: ({ value }) => value
    }),
    transformOrFail: Schema.transformOrFail(marked, Schema.Struct({ value: type }), {
      strict: true,
      decode: (value) => ParseResult.succeed({ value }),
      encode: ({ value }) => ParseResult.succeed(value)
    }),
    compose: Schema.compose(marked, type),
    redacted: Schema.Redacted(marked),
    optionFromNullOr: Schema.OptionFromNullOr(marked),
    option: Schema.Option(marked),
    suspend: Schema.suspend(() => marked),
    union: Schema.Union(marked, Schema.Struct({ _tag: Schema.Literal("other") })),
    discriminated: Schema.Union(
      Schema.Struct({ kind: Schema.Literal("a"), inner: marked }),
      Schema.Struct({ kind: Schema.Literal("b"), n: Schema.Number })
    ),
    struct: inner,
    deep: Schema.Struct({ a: Schema.Struct({ b: Schema.optional(inner) }) }),
    attached: inner.pipe(Schema.attachPropertySignature("kind", "own")),
    renamed: Schema.rename(inner, { inner: "outer" }),
    picked: both.pick("inner"),
    omitted: both.omit("other"),
    partial: Schema.partial(both),
    required: Schema.required(Schema.partial(both)),
    mutable: Schema.mutable(inner),
    extended: Schema.extend(inner, Schema.Struct({ other: Schema.Number })),
    plucked: Schema.pluck(inner, "inner"),
    class: encodedAs(Own),
    tagged: encodedAs(Tagged),
    classExtended: encodedAs(Extended),
    classTransformed: encodedAs(Transformed),
    classPicked: Own.pipe(Schema.pick("inner")),
    recursive: Tree
  }
}

/** A value of each field, of one that `marked` has. */
export const valuesOf = <A>(value: A) => ({
  plain: value,
  optional: value,
  optionalExact: value,
  optionalNullable: value,
  optionalOption: Option.some(value),
  optionalOptionExact: Option.some(value),
  optionalOptionNullable: Option.some(value),
  optionalToOptional: value,
  nullOr: value,
  undefinedOr: value,
  nullishOr: value,
  filter: value,
  filterEffect: value,
  brand: value,
  annotations: value,
  propertySignature: value,
  fromKey: value,
  transform: { value },
  transformOrFail: { value },
  compose: value,
  redacted: Redacted.make(value),
  optionFromNullOr: Option.some(value),
  option: Option.some(value),
  suspend: value,
  union: value,
  discriminated: { kind: "a", inner: value },
  struct: { inner: value },
  deep: { a: { b: { inner: value } } },
  attached: { inner: value, kind: "own" },
  renamed: { outer: value },
  picked: { inner: value },
  omitted: { inner: value },
  partial: { inner: value },
  required: { inner: value, other: 1 },
  mutable: { inner: value },
  extended: { inner: value, other: 1 },
  plucked: value,
  class: { inner: value },
  tagged: { _tag: "Tagged", inner: value },
  classExtended: { inner: value, more: 1 },
  classTransformed: { inner: value, more: 1 },
  classPicked: { inner: value },
  recursive: { inner: value, below: { inner: value } }
})

/** The fields of `kept` that have what it keeps somewhere within: what fills itself can only be an attribute of its own. */
export const within = [
  "option",
  "discriminated",
  "struct",
  "deep",
  "attached",
  "renamed",
  "picked",
  "omitted",
  "partial",
  "required",
  "mutable",
  "extended",
  "plucked",
  "class",
  "tagged",
  "classExtended",
  "classTransformed",
  "classPicked",
  "recursive"
] as const

/** Each field would store in clear, or at no place of its own, what its schema seals: none of them makes an item. */
export const refused = <A, I>(marked: Schema.Schema<A, I>) => ({
  array: Schema.Array(marked),
  arrayOfStructs: Schema.Array(Schema.Struct({ inner: marked })),
  tuple: Schema.Tuple(marked, Schema.Number),
  record: Schema.Record({ key: Schema.String, value: marked }),
  recordOfStructs: Schema.Record({ key: Schema.String, value: Schema.Struct({ inner: marked }) }),
  set: Schema.ReadonlySet(marked),
  setFromSelf: Schema.ReadonlySetFromSelf(marked),
  map: Schema.ReadonlyMap({ key: Schema.String, value: marked }),
  chunk: Schema.Chunk(marked),
  nested: Schema.Struct({ list: Schema.NonEmptyArray(Schema.Struct({ inner: marked })) })
})

/** These say in their type that nothing is kept, and are refused all the same, since they would store in clear. */
export const lost = <A, I>(marked: Schema.Schema<A, I>) => ({
  parseJson: Schema.parseJson(Schema.Struct({ inner: marked })),
  to: Schema.transformOrFail(Schema.String, Schema.Struct({ inner: marked }), {
    strict: true,
    decode: (_, __, ast) => ParseResult.fail(new ParseResult.Type(ast, undefined)),
    encode: () => ParseResult.succeed("in clear")
  })
})
