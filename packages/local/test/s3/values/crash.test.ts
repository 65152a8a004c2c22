/** Values of items in S3 under crashes, lost and late requests: at every step of each operation, and in random interleavings. */
import { describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Utils from "effect/Utils"
import { assert } from "vitest"
import * as World from "./world.js"

type World = Effect.Effect.Success<ReturnType<typeof World.make>>

/** One for each hundred of the number that CI sets, which makes a thousand. */
const sequences = Math.ceil(Number(process.env.ARMATURE_SEQUENCES ?? 10_000) / 100)

/** Milliseconds, for a machine that has much else to do. */
const timeout = 120_000

const content = (id: string, attribute: string, version: string) =>
  new TextEncoder().encode(`${id}/${attribute}/${version}`)

/** Longer than any request of a run may be late. */
const settled = Effect.sleep(Duration.hours(60))

/** When all is over, a sweep leaves what the items point to, and nothing else. */
const swept = (world: World) =>
  Effect.gen(function*() {
    const client = yield* world.start(() => World.pass)
    yield* settled
    yield* client.sweep()
    const left = [...world.left()].sort()
    assert.deepStrictEqual(left, world.pointers().map((one) => one.key).sort(), "what is left after a sweep")
  })

const run = async (
  versioned: boolean,
  seed: number,
  program: (world: World) => Effect.Effect<void, unknown, Scope.Scope>
) => {
  const time = new World.Time()
  let look = () => undefined as void
  const exit = await time.run(
    Effect.scoped(Effect.flatMap(World.make({ versioned }), (world) => {
      look = world.look
      return Effect.zipRight(program(world), swept(world))
    })),
    seed,
    () => look()
  )
  if (Exit.isFailure(exit)) throw new Error(`seed ${seed}, versioned ${versioned}: ${Cause.pretty(exit.cause)}`)
}

const kinds = ["before", "after", "late", "dieBefore", "dieAfter"] as const

/** Each of these, with what stands before it. */
const operations: Readonly<Record<string, (client: World.Client) => Effect.Effect<unknown, unknown>>> = {
  "a new item": (client) => client.put("a", content("a", "doc", "1"), content("a", "pic", "1")),
  "an item that must not be there": (client) =>
    client.put("stands", content("stands", "doc", "1"), content("stands", "pic", "1"), true),
  "another in its place": (client) =>
    client.put("stands", content("stands", "doc", "2"), content("stands", "pic", "2")),
  "one value of it": (client) => client.replace("stands", content("stands", "doc", "2")),
  "its deletion": (client) => client.remove("stands"),
  "a reading": (client) => client.read("stands", "doc"),
  "a sweep": (client) => client.sweep()
}

describe.each([false, true])("a crash at every step, versioned %s", (versioned) => {
  for (const [name, operation] of Object.entries(operations)) {
    const once = async (fateOf: (n: number) => World.Fate) => {
      let sent = 0
      await run(versioned, 1, (world) =>
        Effect.gen(function*() {
          const before = yield* world.start(() => World.pass)
          yield* before.put("stands", content("stands", "doc", "0"), content("stands", "pic", "0"))
          // an orphan, and time for it to be one
          yield* before.blobs.store({ owner: World.owner("stands", "doc"), body: content("stands", "doc", "lost") })
          yield* settled
          const client = yield* world.start(() => fateOf(++sent))
          const fiber = yield* Effect.forkDaemon(operation(client))
          // a process that has died does not end
          yield* Effect.race(Fiber.await(fiber), Effect.sleep(Duration.hours(30)))
          yield* settled
          const after = yield* world.start(() => World.pass)
          for (const id of ["a", "stands"]) for (const one of ["doc", "pic"]) yield* after.read(id, one)
          // what was not known to be written can be written again
          yield* operation(yield* world.start(() => World.pass))
        }))
      return sent
    }

    it(name, async () => {
      const steps = await once(() => World.pass)
      assert.isAbove(steps, 0)
      for (let step = 1; step <= steps; step++) {
        for (const kind of kinds) {
          let fired = false
          await once((n) => {
            if (n !== step) return World.pass
            fired = true
            return { kind, pre: 0, post: 0, delay: 20 * World.hour }
          })
          assert.isTrue(fired, `${kind} at ${step} of ${steps}`)
        }
      }
    }, timeout)
  }
})

describe("random interleavings", () => {
  it(
    `${sequences} of them: no pointer dangles, no byte is wrong, nothing is left over, nothing that lives is swept`,
    async () => {
      const fired = new Map<string, number>()
      const count = (what: string) => fired.set(what, (fired.get(what) ?? 0) + 1)
      for (let seed = 1; seed <= sequences; seed++) {
        const random = new Utils.PCGRandom(seed)
        const upTo = (millis: number) => random.number() * millis
        const fate = (operation: string): World.Fate => {
          // deletions by a sweep are few
          const chance = operation === "DeleteObjects" ? 60 + random.integer(40) : random.integer(100)
          const kind = chance < 80 ? "pass" : chance < 84 ? "before" : chance < 89 ? "after" : chance < 94 ?
            "late" :
            chance < 96
            ? "dieBefore"
            : chance < 98
            ? "dieAfter"
            : "pass"
          count(`${kind} ${operation}`)
          return { kind, pre: upTo(4 * World.minute), post: upTo(4 * World.minute), delay: upTo(20 * World.hour) }
        }
        const ids = ["a", "b"]
        const pick = (list: ReadonlyArray<string>) => list[random.integer(list.length)] ?? "a"
        let version = 0
        const writer = (world: World) =>
          Effect.gen(function*() {
            let client = yield* world.start(fate)
            for (let i = 0; i < 3; i++) {
              yield* Effect.sleep(upTo(40 * World.hour))
              if (client.process.dead) client = yield* world.start(fate)
              const id = pick(ids)
              const [doc, pic] = [content(id, "doc", `${++version}`), content(id, "pic", `${++version}`)]
              const chance = random.integer(10)
              const written = chance < 4
                ? client.put(id, doc, pic)
                : chance < 5
                ? client.put(id, doc, pic, true)
                : chance < 9
                ? client.replace(id, doc)
                : client.remove(id)
              const fiber = yield* Effect.forkDaemon(written)
              // some lose patience, and none waits for the dead
              const patience = random.integer(8) === 0 ? upTo(20 * World.minute) : 3 * World.hour
              const ended = yield* Effect.timeoutOption(Fiber.await(fiber), patience)
              if (ended._tag === "Some" && Exit.isSuccess(ended.value)) count(ended.value.value.outcome)
              if (client.process.dead) count("died")
              else if (ended._tag === "None") {
                count("interrupted")
                yield* Fiber.interruptFork(fiber)
              }
            }
          })
        const reader = (world: World) =>
          Effect.gen(function*() {
            let client = yield* world.start(fate)
            for (let i = 0; i < 6; i++) {
              yield* Effect.sleep(upTo(20 * World.hour))
              if (client.process.dead) client = yield* world.start(fate)
              const [id, attribute] = [pick(ids), pick(["doc", "pic"])]
              const fiber = yield* Effect.forkDaemon(Effect.either(client.read(id, attribute)))
              const ended = yield* Effect.timeoutOption(Fiber.await(fiber), 5 * World.hour)
              if (ended._tag === "None") continue
              const result = yield* ended.value
              if (result._tag === "Right") count(`read: ${result.right}`)
              else {
                const e = result.left
                const what = e._tag === "S3AttributeException" ? e.reason : e._tag
                count(`read: ${what}`)
                assert.notInclude(["Corrupt", "Foreign"], what)
              }
            }
          })
        const sweeper = (world: World) =>
          Effect.gen(function*() {
            let client = yield* world.start(fate)
            for (let i = 0; i < 3; i++) {
              yield* Effect.sleep(upTo(40 * World.hour))
              if (client.process.dead) client = yield* world.start(fate)
              const fiber = yield* Effect.forkDaemon(Effect.either(client.sweep({ pageSize: 1 + random.integer(3) })))
              const ended = yield* Effect.timeoutOption(Fiber.await(fiber), 10 * World.hour)
              if (ended._tag === "None") continue
              const result = yield* ended.value
              count(result._tag === "Right" && result.right.deleted > 0 ? "swept something" : "swept nothing")
            }
          })
        await run(
          seed % 3 === 0,
          seed,
          (world) =>
            Effect.all([writer(world), writer(world), writer(world), reader(world), sweeper(world)], {
              concurrency: "unbounded",
              discard: true
            })
        )
      }
      if (process.env.ARMATURE_SHOW !== undefined) {
        console.log(Object.fromEntries([...fired].sort()))
      }
      const needed = [
        "applied",
        "not-applied",
        "unknown",
        "died",
        "interrupted",
        "swept something",
        "read: read",
        ...["PutObject", "GetObject", "DeleteObject", "DeleteObjects", "HeadObject", "PutItem", "UpdateItem", "Scan"]
          .flatMap((operation) => kinds.map((kind) => `${kind} ${operation}`))
      ]
      for (const what of needed) assert.isAbove(fired.get(what) ?? 0, 0, what)
    },
    20 * timeout
  )
})
