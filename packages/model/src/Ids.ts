/**
 * Ids for new items, from a service, so that a test can fix them. The time in an id is that of Effect's `Clock`; the rest comes from
 * `node:crypto`, never from Effect's `Random`, whose numbers can be guessed.
 *
 * @since 0.1.0
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { randomBytes } from "node:crypto"
import * as ids from "./internal/ids.js"

/**
 * Where ids come from: each run of an effect is a new id.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** 36 characters in lower case, 122 random bits. */
  readonly uuid4: Effect.Effect<string>
  /** 36 characters in lower case; their order is that of the milliseconds in them and, within one, of their making. */
  readonly uuid7: Effect.Effect<string>
  /** 26 characters in upper case; their order is that of the milliseconds in them and, within one, of their making. */
  readonly ulid: Effect.Effect<string>
}

/**
 * Ids out of the `Clock` and `random`, which gives that many bytes (`node:crypto`'s `randomBytes` if left out). UUIDs of version 7 and
 * ULIDs rise within a millisecond; when the clock is set back, they follow it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: { readonly random?: ((size: number) => Uint8Array) | undefined } = {}): Service => {
  const random = options.random ?? randomBytes
  const nextUuid7 = ids.rising(ids.uuid7Bits, random)
  const nextUlid = ids.rising(ids.ulidBits, random)
  return {
    uuid4: Effect.sync(() => ids.uuid4(random(16))),
    uuid7: Effect.map(Clock.currentTimeMillis, (now) => ids.uuid7(...nextUuid7(now))),
    ulid: Effect.map(Clock.currentTimeMillis, (now) => ids.ulid(...nextUlid(now)))
  }
}

/**
 * The ids in force: `make()`, unless a Layer says otherwise.
 *
 * @since 0.1.0
 * @category references
 */
export class Ids extends Context.Reference<Ids>()("@armature/model/Ids", { defaultValue: (): Service => make() }) {}

/**
 * Other ids for a program.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (service: Service): Layer.Layer<never> => Layer.succeed(Ids, service)

/**
 * For tests: ids that are numbers counted from 1, in the shape of their kind and without a time, so that snapshots stay as they are.
 * Each kind counts by itself; a Layer that is built anew begins anew.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerCounting: Layer.Layer<never> = Layer.effect(
  Ids,
  Effect.sync((): Service => {
    const counted = (write: (count: number) => string): Effect.Effect<string> => {
      let count = 0
      return Effect.sync(() => write(++count))
    }
    return {
      uuid4: counted((count) => {
        const bytes = new Uint8Array(16)
        new DataView(bytes.buffer).setUint32(12, count)
        return ids.uuid4(bytes)
      }),
      uuid7: counted((count) => ids.uuid7(0, BigInt(count))),
      ulid: counted((count) => ids.ulid(0, BigInt(count)))
    }
  })
)
