/** What a key-value store promises, over whatever keeps its entries. */
import { KeyValueStore } from "@effect/platform/KeyValueStore"
import { describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { assert } from "vitest"

/** Keys that a path, a URL, XML, a bucket or an item would lose, join or refuse. */
const keys: ReadonlyArray<string> = [
  ...[
    "",
    " ",
    "a",
    "A",
    ".",
    "..",
    "./a",
    "../a",
    "a/../b",
    "a/.",
    "/",
    "//",
    "/a",
    "a/",
    "a//b",
    "a/b",
    "a%2Fb",
    "%",
    "%%",
    "%25"
  ],
  ...[
    "a b",
    "a+b",
    "a?b#c",
    "a&b=c",
    "<a>\"'</a>",
    "\\",
    "a:b",
    "#1",
    "\0",
    "\n",
    "\u0085",
    "\u007f",
    "\ufffe",
    "\uffff"
  ],
  ...[
    "é",
    "e\u0301",
    "żółw",
    "👋",
    "👨‍👩‍👧",
    "\ud83d",
    "\udc4b",
    "\udc4b\ud83d",
    "%d83d",
    "%d83d;",
    "%uD83D",
    "\u202ea",
    "\ufeff"
  ],
  ...["__proto__", "constructor", "x".repeat(300)]
]

/** That a key is any text, and no two are one. */
export const anyKey = (store: KeyValueStore): Effect.Effect<void, unknown> =>
  Effect.gen(function*() {
    yield* Effect.forEach(keys, (key, i) => store.set(key, `value ${i}`), { concurrency: 8 })
    const found = yield* Effect.forEach(keys, (key) => store.get(key), { concurrency: 8 })
    assert.deepStrictEqual(found, keys.map((_, i) => Option.some(`value ${i}`)))
    assert.strictEqual(yield* store.size, keys.length)
    assert.deepStrictEqual(
      yield* Effect.forEach(keys, (key) => store.has(key), { concurrency: 8 }),
      keys.map(() => true)
    )
    yield* Effect.forEach(keys, (key) => store.remove(key), { concurrency: 8 })
    assert.isTrue(yield* store.isEmpty)
  })

/** Runs the suite on a Layer that gives an empty store, over one that gives what it is kept in. */
export const suite = <R, E>(
  name: string,
  layers: { readonly store: Layer.Layer<KeyValueStore, never, R>; readonly world: Layer.Layer<R, E> },
  /** How many stores, as of so many processes, race for one entry. */
  processes: number
) =>
  describe(name, () => {
    const another = Effect.map(Layer.build(Layer.fresh(layers.store)), Context.get(KeyValueStore))
    const test = (
      what: string,
      body: (store: KeyValueStore) => Effect.Effect<void, unknown, R | Scope.Scope>
    ) => it.scopedLive(what, () => Effect.flatMap(another, body).pipe(Effect.provide(layers.world)), 30_000)

    test("what was set is got, and counted once", (store) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* store.get("key"), Option.none())
        yield* store.set("key", "value")
        assert.deepStrictEqual(yield* store.get("key"), Option.some("value"))
        assert.strictEqual(yield* store.size, 1)
        yield* store.set("key", "value-2")
        assert.deepStrictEqual(yield* store.get("key"), Option.some("value-2"))
        assert.strictEqual(yield* store.size, 1)
      }))

    test("text stays the text it is, also when it looks like base64 or is empty", (store) =>
      Effect.forEach(["héllo 👋", "Zm9v", "", "\ufeffmark", "a\r\nb\0"], (value) =>
        Effect.gen(function*() {
          yield* store.set("text", value)
          assert.deepStrictEqual(yield* store.get("text"), Option.some(value))
          assert.deepStrictEqual(yield* store.getUint8Array("text"), Option.some(new TextEncoder().encode(value)))
        }), { discard: true }))

    test("bytes stay the bytes they are, and are base64 as text", (store) =>
      Effect.forEach([[0, 42, 255, 128], [104, 105], []], (octets) =>
        Effect.gen(function*() {
          const bytes = new Uint8Array(octets)
          yield* store.set("bytes", bytes)
          assert.deepStrictEqual(
            Option.map(yield* store.getUint8Array("bytes"), (found) => new Uint8Array(found)),
            Option.some(bytes)
          )
          assert.deepStrictEqual(yield* store.get("bytes"), Option.some(Encoding.encodeBase64(bytes)))
        }), { discard: true }))

    test("removes an entry, and what is not there without a failure", (store) =>
      Effect.gen(function*() {
        yield* store.set("a", "1")
        yield* store.set("b", "2")
        yield* store.remove("a")
        yield* store.remove("a")
        assert.deepStrictEqual(yield* store.get("a"), Option.none())
        assert.deepStrictEqual(yield* store.get("b"), Option.some("2"))
        assert.strictEqual(yield* store.size, 1)
      }))

    test("has and isEmpty", (store) =>
      Effect.gen(function*() {
        assert.deepStrictEqual([yield* store.isEmpty, yield* store.has("a")], [true, false])
        yield* store.set("a", "")
        assert.deepStrictEqual([yield* store.isEmpty, yield* store.has("a"), yield* store.has("b")], [
          false,
          true,
          false
        ])
        yield* store.remove("a")
        assert.deepStrictEqual([yield* store.isEmpty, yield* store.has("a")], [true, false])
      }))

    test("modify changes what is there, and makes nothing where nothing is", (store) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* store.modify("n", () => "made"), Option.none())
        assert.isFalse(yield* store.has("n"))
        yield* store.set("n", "1")
        assert.deepStrictEqual(yield* store.modify("n", (n) => `${n}1`), Option.some("11"))
        assert.deepStrictEqual(yield* store.get("n"), Option.some("11"))

        assert.deepStrictEqual(yield* store.modifyUint8Array("b", (b) => b), Option.none())
        yield* store.set("b", new Uint8Array([1]))
        const changed = yield* store.modifyUint8Array("b", (b) => new Uint8Array([...b, 255]))
        assert.deepStrictEqual(changed, Option.some(new Uint8Array([1, 255])))
        assert.deepStrictEqual(
          Option.map(yield* store.getUint8Array("b"), (found) => [...found]),
          Option.some([1, 255])
        )
      }))

    test("of 100 modifications at a time none is lost", (store) =>
      Effect.gen(function*() {
        yield* store.set("n", "0")
        yield* store.set("marks", new Uint8Array())
        const results = yield* Effect.forEach(
          Array.from({ length: 100 }, (_, i) => i),
          (i) =>
            i % 2 === 0
              ? Effect.map(store.modify("n", (n) => String(Number(n) + 1)), (n) => Number(Option.getOrThrow(n)))
              : Effect.map(
                store.modifyUint8Array("marks", (marks) => new Uint8Array([...marks, i])),
                (marks) => -Option.getOrThrow(marks).length
              ),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(yield* store.get("n"), Option.some("50"))
        const marks = Option.getOrThrow(yield* store.getUint8Array("marks"))
        assert.deepStrictEqual(
          [...marks].sort((a, b) => a - b),
          Array.from({ length: 50 }, (_, i) => 2 * i + 1)
        )
        // and each was given its own result
        assert.strictEqual(new Set(results).size, 100)
      }))

    test("of 100 modifications of one entry by several stores at a time none is lost", (store) =>
      Effect.gen(function*() {
        const stores = yield* Effect.replicateEffect(another, processes)
        yield* store.set("n", "0")
        const results = yield* Effect.forEach(
          Array.from({ length: 100 }, (_, i) => stores[i % processes] ?? store),
          (store) => store.modify("n", (n) => String(Number(n) + 1)),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(yield* store.get("n"), Option.some("100"))
        assert.strictEqual(new Set(results.map(Option.getOrThrow)).size, 100)
      }))

    test("a modification that races with a removal does not bring the entry back", (store) =>
      Effect.gen(function*() {
        const other = yield* another
        for (let i = 0; i < 10; i++) {
          yield* store.set("n", "0")
          const [changed] = yield* Effect.all([
            store.modify("n", () => "1"),
            store.remove("n"),
            other.modify("n", () => "2")
          ], { concurrency: "unbounded" })
          assert.include(["0", "1", "2", "none"], Option.getOrElse(changed, () => "none"))
          assert.isFalse(yield* store.has("n"))
        }
      }))

    test("a key is any text, and no two are one", anyKey)

    test("clears a hundred entries", (store) =>
      Effect.gen(function*() {
        const all = Array.from({ length: 100 }, (_, i) => `key ${i}`)
        yield* Effect.forEach(all, (key) => store.set(key, key), { concurrency: 16 })
        assert.strictEqual(yield* store.size, 100)
        yield* store.clear
        assert.deepStrictEqual([yield* store.size, yield* store.isEmpty], [0, true])
        assert.deepStrictEqual(yield* store.get("key 1"), Option.none())
        yield* store.clear
      }))

    test("a key that is too long, or text that UTF-8 cannot hold, is refused by name", (store) =>
      Effect.gen(function*() {
        const secret = "s3cr3t".repeat(200)
        const half = "half \ud83d"
        yield* store.set("there", "x")
        const failures = yield* Effect.all([
          store.get(secret),
          store.getUint8Array(secret),
          store.has(secret),
          store.set(secret, ""),
          store.remove(secret),
          store.modify(secret, (x) => x),
          store.set("there", half),
          store.modify("there", () => half)
        ].map((call) => Effect.flip<unknown, { readonly _tag: string; readonly message: string }, never>(call)))
        for (const failure of failures) {
          assert.strictEqual(failure._tag, "BadArgument")
          assert.notInclude(failure.message, "s3cr3t")
        }
        assert.deepStrictEqual(yield* store.get("there"), Option.some("x"))
      }))

    test("holds values of a schema", (store) =>
      Effect.gen(function*() {
        const users = store.forSchema(Schema.Struct({ name: Schema.String, since: Schema.Date }))
        const ada = { name: "Ada", since: new Date(0) }
        yield* users.set("ada", ada)
        assert.deepStrictEqual(yield* users.get("ada"), Option.some(ada))
        assert.deepStrictEqual(
          yield* users.modify("ada", (user) => ({ ...user, name: "Ada L." })),
          Option.some({ ...ada, name: "Ada L." })
        )
      }))
  })
