/**
 * Effect's `KeyValueStore` on an S3 bucket: an entry is an object. Reads see every write that was acknowledged before, and `modify` is a
 * conditional write: of any number of them at a time none is lost. `SchemaStore.modify`, which Effect makes of a get and a set, promises
 * no such thing.
 *
 * Keys are any text that makes an object key of up to 1024 bytes: letters of all scripts, digits, punctuation and `/` stand in it as they
 * are, but for what S3 or a URL would take for something else, which is escaped by `%`. Values are any bytes or any text; each is read and
 * written whole. The content type tells them apart: what is `application/octet-stream` is bytes, all else is text.
 *
 * `size` lists the objects under the store's prefix, 1000 with each request, and `clear` lists and deletes them; neither stops writes
 * meanwhile. In a bucket with versions `remove` and `clear` leave the old versions. Without `s3:ListBucket` S3 answers for a missing
 * object that access is denied, and so does the store.
 *
 * Failures are `PlatformError`s without keys or values in them; `cause` is the typed failure behind one (`AwsException.isAwsException`).
 * Needs `@effect/platform`.
 *
 * @since 0.1.0
 */
import { type AwsException, isAuth, isThrottling, isTransient } from "@armature/aws/AwsException"
import { ServiceException } from "@armature/aws/Exceptions"
import type * as Sdk from "@aws-sdk/client-s3"
import { BadArgument, type PlatformError, SystemError, type SystemErrorReason } from "@effect/platform/Error"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as RcMap from "effect/RcMap"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { randomUUID } from "node:crypto"
import { S3 } from "./S3.js"

/**
 * Where a store keeps its entries.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The bucket, by its name. */
  readonly bucket: string
  /**
   * What the keys of the store's objects begin with, such as `"sessions/"`. Every object under it is the store's: `clear` deletes them
   * all, and of two stores in one bucket neither's prefix may begin the other's. `""` is the whole bucket.
   */
  readonly prefix: string
}

const escape = (text: string): string => text.replace(/./gsu, (c) => `%${(c.codePointAt(0) ?? 0).toString(16)};`)

/**
 * Any text as the part of an object key behind the prefix. What has no bytes in UTF-8, what a list in XML cannot show, and what a path
 * would lose (empty segments, `.` and `..`) is escaped.
 */
const objectKey = (key: string): string =>
  key === ""
    ? "%"
    : key.replace(/[%\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, escape).replace(/(?<=^|\/)(\/|\.{1,2}(?=\/|$))/g, escape)

/** The bytes that an object key may have at most. */
const maxKey = 1024

const octets = "application/octet-stream"
/** The metadata that names the write that put an object there. */
const revisionName = "armature-revision"

interface Found {
  readonly value: string | Uint8Array
  readonly etag: string
  readonly revision: string | undefined
}

/** Bytes read as text are base64, as in the stores of Effect. */
const textOf = ({ value }: Found): string => typeof value === "string" ? value : Encoding.encodeBase64(value)

const bytesOf = ({ value }: Found): Uint8Array => typeof value === "string" ? new TextEncoder().encode(value) : value

const valueOf = (bytes: Uint8Array, type: string | undefined): Effect.Effect<Found["value"], Problem> =>
  type === octets ? Effect.succeed(bytes) : Effect.try({
    try: () => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes),
    catch: () => "Unreadable"
  })

type Problem = AwsException | keyof typeof problems

const problems = {
  KeyTooLong: "the key makes an object key of more than 1024 bytes",
  IllFormed: "the text holds half a surrogate pair, for which UTF-8 has no bytes",
  Unreadable: "the object says that it is text, and is none in UTF-8"
}

const reasons: { readonly [tag: string]: SystemErrorReason } = {
  ChecksumMismatch: "InvalidData",
  ConnectionException: "TimedOut",
  NoSuchBucket: "NotFound",
  ValidationException: "InvalidData"
}

const reasonOf = (e: AwsException): SystemErrorReason =>
  isAuth(e) ? "PermissionDenied" : reasons[e._tag] ?? (isThrottling(e) || isTransient(e) ? "Busy" : "Unknown")

const platformError = (bucket: string, method: string) => (problem: Problem): PlatformError => {
  const common = { module: "KeyValueStore", method } as const
  if (typeof problem !== "string") {
    const { message: description } = problem
    return new SystemError({
      ...common,
      reason: reasonOf(problem),
      pathOrDescriptor: bucket,
      description,
      cause: problem
    })
  }
  const description = problems[problem]
  return problem === "Unreadable"
    ? new SystemError({ ...common, reason: "InvalidData", pathOrDescriptor: bucket, description })
    : new BadArgument({ ...common, description })
}

/** How long a modification that lost to another waits before it goes on: at random, longer after each loss, up to 256 ms. */
const pause = (losses: number): Effect.Effect<void> =>
  Effect.flatMap(Random.nextRange(0, Math.min(2 ** losses - 1, 256)), (millis) => Effect.sleep(Duration.millis(millis)))

/**
 * A store over the service in the context. The scope ends nothing but the queues of its modifications.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<KeyValueStore.KeyValueStore, never, S3 | Scope.Scope> =>
  Effect.gen(function*() {
    const s3 = yield* S3
    /** Modifications of one entry by this store take turns: among themselves none loses, and none is paid for in vain. */
    const turns = yield* RcMap.make({ lookup: (_: string) => Effect.makeSemaphore(1) })
    const { bucket: Bucket, prefix: Prefix } = options

    const mapped = <A>(method: string, effect: Effect.Effect<A, Problem>): Effect.Effect<A, PlatformError> =>
      Effect.mapError(effect, platformError(Bucket, method))

    const taking = <A, E>(key: string, turn: Effect.Effect<A, E>): Effect.Effect<A, E> =>
      Effect.scoped(Effect.flatMap(RcMap.get(turns, key), (one) => one.withPermits(1)(turn)))

    /** Does something to the object of a key, if there can be such a key. */
    const at = <A>(method: string, key: string, f: (object: Address) => Effect.Effect<A, Problem>) =>
      mapped(
        method,
        Effect.suspend(() => {
          const Key = Prefix + objectKey(key)
          return Buffer.byteLength(Key) <= maxKey ? f({ Bucket, Key }) : Effect.fail("KeyTooLong" as const)
        })
      )

    const read = (object: Address): Effect.Effect<Option.Option<Found>, Problem> =>
      s3.getObject.bytes(object).pipe(
        Effect.catchTag("NoSuchKey", () => Effect.succeed(undefined)),
        Effect.flatMap((output) =>
          output === undefined ? Effect.succeedNone : Effect.map(
            valueOf(output.Body, output.ContentType),
            (value) => Option.some({ value, etag: output.ETag ?? "", revision: output.Metadata?.[revisionName] })
          )
        )
      )

    /** The object that a write leaves. */
    const written = (object: Address, value: string | Uint8Array, revision: string) =>
      typeof value === "string" && /\p{Cs}/u.test(value) ? Effect.fail("IllFormed" as const) : Effect.succeed({
        ...object,
        Body: value,
        ContentType: typeof value === "string" ? "text/plain; charset=utf-8" : octets,
        Metadata: { [revisionName]: revision }
      })

    const change = <A extends string | Uint8Array>(
      object: Address,
      form: (found: Found) => A,
      f: (value: A) => A
    ) => {
      const attempt = (losses: number): Effect.Effect<Option.Option<A>, Problem> =>
        Effect.flatMap(read(object), (found) => {
          if (Option.isNone(found)) return Effect.succeedNone
          const value = f(form(found.value))
          const revision = randomUUID()
          const lost = Effect.zipRight(pause(losses), Effect.suspend(() => attempt(losses + 1)))
          return Effect.flatMap(
            written(object, value, revision),
            (input) =>
              s3.putObject({ ...input, IfMatch: found.value.etag }, { resend: "never" }).pipe(
                Effect.as(Option.some(value)),
                Effect.catchTags({
                  PreconditionFailed: () => lost,
                  ConditionalRequestConflict: () => lost,
                  NoSuchKey: () => lost,
                  // an object that was replaced and put back has its old ETag again, so that a repetition might be applied twice
                  WriteOutcomeUnknownException: (e): Effect.Effect<Option.Option<A>, Problem> =>
                    Effect.flatMap(
                      read(object),
                      (now) =>
                        Option.exists(now, (now) => now.revision === revision)
                          ? Effect.succeedSome(value)
                          : Effect.fail(e)
                    )
                })
              )
          )
        })
      return attempt(0)
    }

    const clear: Effect.Effect<void, Problem> = s3.listObjectsV2.pages({ Bucket, Prefix }).pipe(
      Stream.runForEach(({ Contents = [] }) =>
        Contents.length === 0 ? Effect.void : Effect.flatMap(
          s3.deleteObjects({ Bucket, Delete: { Objects: Contents.map(({ Key }) => ({ Key })), Quiet: true } }),
          ({ Errors = [] }) => {
            const [first] = Errors
            return first === undefined ? Effect.void : Effect.fail(
              new ServiceException({
                service: "S3",
                operation: "DeleteObjects",
                resource: Bucket,
                code: first.Code,
                awsMessage: first.Message
              })
            )
          }
        )
      )
    )

    return KeyValueStore.make({
      get: (key) => at("get", key, (object) => Effect.map(read(object), Option.map(textOf))),
      getUint8Array: (key) => at("getUint8Array", key, (object) => Effect.map(read(object), Option.map(bytesOf))),
      has: (key) =>
        at("has", key, (object) =>
          s3.headObject(object).pipe(
            Effect.as(true),
            Effect.catchTag("NoSuchKey", () => Effect.succeed(false))
          )),
      set: (key, value) =>
        at("set", key, (object) =>
          Effect.flatMap(
            Effect.suspend(() => written(object, value, randomUUID())),
            (input) => s3.putObject(input)
          )),
      remove: (key) => at("remove", key, (object) => s3.deleteObject(object)),
      modify: (key, f) => at("modify", key, (object) => taking(key, change(object, textOf, f))),
      modifyUint8Array: (key, f) => at("modifyUint8Array", key, (object) => taking(key, change(object, bytesOf, f))),
      clear: mapped("clear", clear),
      size: mapped("size", Stream.runCount(s3.listObjectsV2.objects({ Bucket, Prefix }))),
      isEmpty: mapped(
        "isEmpty",
        Effect.map(s3.listObjectsV2({ Bucket, Prefix, MaxKeys: 1 }), ({ Contents = [] }) => Contents.length === 0)
      )
    })
  })

type Address = Required<Pick<Sdk.GetObjectCommandInput, "Bucket" | "Key">>

/**
 * A store over the service in the context.
 *
 * @example
 * ```ts
 * import * as S3 from "@armature/s3/S3"
 * import * as S3KeyValueStore from "@armature/s3/S3KeyValueStore"
 * import { KeyValueStore } from "@effect/platform/KeyValueStore"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 *
 * const Store = S3KeyValueStore.layer({ bucket: "documents", prefix: "drafts/" }).pipe(
 *   Layer.provide(S3.layer({ region: "eu-central-1" }))
 * )
 *
 * export const main = Effect.gen(function*() {
 *   const drafts = yield* KeyValueStore
 *   yield* drafts.set("letters/1", "Dear")
 *   return yield* drafts.modify("letters/1", (text) => `${text} Ada`)
 * }).pipe(Effect.provide(Store))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<KeyValueStore.KeyValueStore, never, S3> =>
  Layer.scoped(KeyValueStore.KeyValueStore, make(options))

/**
 * `layer` with its options from `Config`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  options: Config.Config.Wrap<Options>
): Layer.Layer<KeyValueStore.KeyValueStore, ConfigError, S3> =>
  Layer.unwrapEffect(Effect.map(Config.unwrap(options), layer))
