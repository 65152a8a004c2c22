/** Random values of the shapes that the SDK's client carries: as a program gives them, and as a server sends them. */
import * as FastCheck from "effect/FastCheck"

interface Value {
  /** As a program has it. */
  readonly given: unknown
  /** As it stands in JSON. */
  readonly wire: unknown
}

const same = (arbitrary: FastCheck.Arbitrary<unknown>): FastCheck.Arbitrary<Value> =>
  arbitrary.map((value) => ({ given: value, wire: value }))

const text = FastCheck.oneof(
  FastCheck.string({ maxLength: 8 }),
  FastCheck.string({ unit: "binary", maxLength: 6 }),
  FastCheck.constantFrom(
    "\"",
    "\\",
    "\n",
    "\u2028",
    "é",
    "😀",
    "\ud800",
    "a\udc00b",
    "\u0000\u001f",
    "</script>",
    "__type"
  )
)

const blob: FastCheck.Arbitrary<Value> = FastCheck.uint8Array({ maxLength: 9 }).map((bytes) => ({
  given: bytes,
  wire: Buffer.from(bytes).toString("base64")
}))

const moment: FastCheck.Arbitrary<Value> = FastCheck.integer({ min: 0, max: 4_000_000_000_000 }).map((millis) => ({
  given: new Date(millis),
  wire: millis / 1000
}))

const simple = (kind: number): FastCheck.Arbitrary<Value> => {
  if ((kind & 128) !== 0) return map(simple(kind & ~128))
  if ((kind & 64) !== 0) return list(simple(kind & ~64))
  switch (kind) {
    case 0:
      return same(text)
    case 1:
      return same(FastCheck.oneof(FastCheck.integer(), FastCheck.double({ noNaN: true, noDefaultInfinity: true })))
    case 2:
      return same(FastCheck.boolean())
    case 21:
      return blob
    case 4:
    case 7:
      return moment
    default:
      throw new Error(`a kind of shape that this generator does not know: ${kind}`)
  }
}

const list = (of: FastCheck.Arbitrary<Value>): FastCheck.Arbitrary<Value> =>
  FastCheck.array(of, { maxLength: 3 }).map((values) => ({
    given: values.map(({ given }) => given),
    wire: values.map(({ wire }) => wire)
  }))

const name = text.filter((key) => key !== "__proto__")

const entries = (values: ReadonlyArray<readonly [string, Value]>): Value => ({
  given: Object.fromEntries(values.map(([key, { given }]) => [key, given])),
  wire: Object.fromEntries(values.map(([key, { wire }]) => [key, wire]))
})

const map = (of: FastCheck.Arbitrary<Value>): FastCheck.Arbitrary<Value> =>
  FastCheck.array(FastCheck.tuple(name, of), { maxLength: 3 }).map(entries)

const empty: FastCheck.Arbitrary<Value> = FastCheck.constant({ given: {}, wire: {} })

/** Values of a shape, of some depth at most. */
export const values = (shape: unknown, depth = 5): FastCheck.Arbitrary<Value> => {
  if (typeof shape === "number") return simple(shape)
  if (typeof shape === "function") return values((shape as () => unknown)(), depth)
  if (!Array.isArray(shape)) return empty
  const tuple: ReadonlyArray<unknown> = shape
  if (tuple.length === 2) return values(tuple[0], depth)
  const [kind, , , , names, shapes] = tuple
  if (depth === 0) {
    return kind === 1
      ? list(FastCheck.constant({ given: [], wire: [] })).map(() => ({ given: [], wire: [] }))
      : empty
  }
  if (kind === 1) return list(values(names, depth - 1))
  if (kind === 2) return map(values(shapes, depth - 1))
  const members: ReadonlyArray<unknown> = Array.isArray(names) ? names : []
  const of: ReadonlyArray<unknown> = Array.isArray(shapes) ? shapes : []
  const each = members.map((member, i) =>
    FastCheck.tuple(FastCheck.constant(String(member)), FastCheck.constant(i)).chain(([member, i]) =>
      values(of[i], depth - 1).map((value) => [member, value] as const)
    )
  )
  if (kind === 4) return FastCheck.oneof(...each).map((member) => entries([member]))
  return each.length === 0 ?
    empty :
    FastCheck.tuple(...each.map((member) => FastCheck.option(member, { nil: undefined })))
      .map((chosen) => entries(chosen.filter((member) => member !== undefined)))
}
