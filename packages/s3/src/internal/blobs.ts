/** Storing and reading values in S3. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { createHash, randomBytes } from "node:crypto"
import type { Blobs } from "../Blobs.js"
import { type Inline, inline, offloaded, type Pointer, type Stored } from "../Pointer.js"
import type { S3 } from "../S3.js"
import type { S3AttributeException } from "../S3AttributeException.js"
import { upload } from "../S3Upload.js"
import * as keys from "./blobKey.js"
import { failure, fromS3, type Target } from "./blobsFailure.js"
import type { GetObjectBodyError, GetObjectError } from "./errors.js"
import * as Parts from "./parts.js"
import { S3 as Tag } from "./tag.js"

/** What a `Blobs` stands on. */
export interface Settings {
  readonly s3: S3.Service
  readonly bucket: string
  readonly account: string
  readonly region: string
  /** All whose pointers are followed. */
  readonly buckets: ReadonlySet<string>
  readonly above: number | undefined
  readonly maxWriteSeconds: number
  readonly retain: boolean
  /** The marks of tables that are known to stand, by their keys. */
  readonly marked: Set<string>
}

const rounds = 3
const partSize = 8 * 1024 * 1024
const rereads = 3

const placeOf = (owner: Blobs.Owner): Effect.Effect<keys.Place, S3AttributeException> =>
  Effect.suspend(() => {
    const place = keys.placeOf(owner)
    return place === undefined ? Effect.fail(failure("InvalidOwner")) : Effect.succeed(place)
  })

/** Refuses a pointer that does not belong to the owner, before anything is sent. */
const ownOnly = (settings: Settings, owner: Blobs.Owner, pointer: Pointer): Effect.Effect<void, S3AttributeException> =>
  Effect.flatMap(
    placeOf(owner),
    (place) => keys.isOwn(place, settings.buckets, pointer) ? Effect.void : Effect.fail(failure("Foreign", pointer))
  )

const isMissing = (e: { readonly _tag: string }): boolean =>
  // without s3:ListBucket S3 says of a missing object that access is denied
  e._tag === "NoSuchKey" || e._tag === "NoSuchVersion" || e._tag === "AccessDeniedException"

/** Before the first value of a table is stored under a prefix, the table is named there: a sweep that does not know it refuses. */
const marked = (settings: Settings, prefix: string, owner: Blobs.Owner): Effect.Effect<void, S3AttributeException> =>
  Effect.suspend(() => {
    const { account, bucket, maxWriteSeconds, region, s3 } = settings
    const table = owner.physicalTable ?? owner.table
    const key = keys.tableMark(prefix, { account, region, table }, maxWriteSeconds)
    if (settings.marked.has(key)) return Effect.void
    const object = { Bucket: bucket, Key: key }
    return s3.headObject(object).pipe(
      Effect.catchIf(isMissing, () => s3.putObject({ ...object, Body: "" })),
      Effect.mapError(fromS3({ bucket, key })),
      Effect.map(() => {
        settings.marked.add(key)
      })
    )
  })

/** `null` is the version of an object that was put while its bucket had no versions: there is nothing to pin. */
const versionOf = (output: { readonly VersionId?: string | undefined }): Pick<Pointer, "versionId"> =>
  output.VersionId === undefined || output.VersionId === "null" ? {} : { versionId: output.VersionId }

/**
 * Puts an object where none stands. When it is not known whether a put took effect, or one stands there by now, S3 is asked whether it is
 * ours; if none stands, the put is made again: whichever of the two lands first, the other is refused.
 */
const putBytes = (
  s3: S3.Service,
  target: Target,
  bytes: Uint8Array,
  contentType: string | undefined
): Effect.Effect<Pick<Pointer, "versionId" | "size" | "sha256">, S3AttributeException> => {
  const sha256 = new Uint8Array(createHash("sha256").update(bytes).digest())
  const object = { Bucket: target.bucket, Key: target.key }
  const ChecksumSHA256 = Buffer.from(sha256).toString("base64")
  const round = (left: number): Effect.Effect<Pick<Pointer, "versionId">, S3AttributeException> =>
    s3.putObject({ ...object, Body: bytes, IfNoneMatch: "*", ChecksumSHA256, ContentType: contentType }).pipe(
      Effect.map(versionOf),
      Effect.catchAll((e) =>
        e._tag !== "WriteOutcomeUnknownException" && e._tag !== "PreconditionFailed"
          ? Effect.fail(fromS3(target)(e))
          : s3.headObject({ ...object, ChecksumMode: "ENABLED" }).pipe(
            Effect.mapError((head) => ({ missing: isMissing(head), e: fromS3(target)(isMissing(head) ? e : head) })),
            Effect.matchEffect({
              onSuccess: (head) =>
                head.ContentLength === bytes.length && head.ChecksumSHA256 === ChecksumSHA256
                  ? Effect.succeed(versionOf(head))
                  : Effect.fail(failure("Corrupt", target)),
              onFailure: ({ e, missing }) => missing && left > 1 ? round(left - 1) : Effect.fail(e)
            })
          )
      )
    )
  return Effect.map(round(rounds), (version) => ({ size: bytes.length, sha256, ...version }))
}

/** What a body failed with itself, apart from what S3 fails with. */
class Broken<E> {
  constructor(readonly e: E) {}
}

/** Puts an object of a length that is not known before, in parts. Gives what its pointer says of it. */
const putStream = <E>(
  s3: S3.Service,
  target: Target,
  body: Stream.Stream<Uint8Array, E>,
  contentType: string | undefined
): Effect.Effect<Pick<Pointer, "versionId" | "size" | "sha256">, S3AttributeException | E> =>
  Effect.suspend(() => {
    const hash = createHash("sha256")
    const Body = body.pipe(
      Stream.tap((chunk) => Effect.sync(() => hash.update(chunk))),
      Stream.mapError((e) => new Broken(e))
    )
    return upload({ Bucket: target.bucket, Key: target.key, Body, IfNoneMatch: "*", ContentType: contentType }).pipe(
      Effect.provideService(Tag, s3),
      Effect.mapBoth({
        onFailure: (e) => e instanceof Broken ? e.e : fromS3(target)(e),
        onSuccess: (output) => ({
          size: output.ContentLength,
          sha256: new Uint8Array(hash.digest()),
          ...versionOf(output)
        })
      })
    )
  })

/** Whole, if it is no longer than a part. */
const begun = <E, R>(body: Blobs.Body<E, R>) =>
  Effect.gen(function*() {
    if (body instanceof Uint8Array) return { whole: body }
    const context = yield* Effect.context<R>()
    const next = yield* Parts.read(Stream.provideContext(body, context), partSize)
    const first = yield* next
    if (first.last) return { whole: first.bytes }
    const rest = Stream.unfoldEffect(
      false,
      (ended) =>
        ended
          ? Effect.succeedNone
          : Effect.map(next, ({ bytes, last }) => Option.some([bytes, last] as const))
    )
    return { stream: Stream.concat(Stream.succeed(first.bytes), rest) }
  })

export const store =
  (settings: Settings): Blobs.Service["store"] =>
  <E, R>({ above = settings.above, body, contentType, owner }: Blobs.Value<E, R>) =>
    Effect.scoped(Effect.gen(function*() {
      const place = yield* placeOf(owner)
      const { stream, whole } = yield* begun(body)
      const size = whole?.length ?? Infinity
      if (whole !== undefined && above !== undefined && size <= above) {
        const kept: Blobs.Kept = inline({ B: whole })
        return kept
      }
      yield* marked(settings, place.prefix, owner)
      const { bucket, region, s3 } = settings
      const key = keys.keyAt(place, keys.ulid(yield* Clock.currentTimeMillis, randomBytes(10)))
      const facts = whole === undefined
        ? yield* putStream(s3, { bucket, key }, stream, contentType)
        : yield* putBytes(s3, { bucket, key }, whole, contentType)
      const pointer = { bucket, region, key, ...facts }
      const kept: Blobs.Kept = offloaded(contentType === undefined ? pointer : { ...pointer, contentType })
      return kept
    }))

/** Passes the chunks of a body on, and fails when they are not those of the pointer: at the first byte too many, or at the end. */
const verified = <E>(
  pointer: Pointer,
  body: Stream.Stream<Uint8Array, E>
): Stream.Stream<Uint8Array, E | S3AttributeException> =>
  Stream.suspend(() => {
    const hash = createHash("sha256")
    let size = 0
    const corrupt = Effect.fail(failure("Corrupt", pointer))
    const looked = Stream.mapEffect(body, (chunk) => {
      size += chunk.length
      if (size > pointer.size) return corrupt
      hash.update(chunk)
      return Effect.succeed(chunk)
    })
    const end = Effect.suspend(() =>
      size === pointer.size && hash.digest().equals(pointer.sha256) ? Effect.void : corrupt
    )
    return Stream.concat(looked, Stream.execute(end))
  })

const requestOf = (pointer: Pointer) => ({
  Bucket: pointer.bucket,
  Key: pointer.key,
  VersionId: pointer.versionId
})

/** The bytes of one pointer. No more of them are asked for than tell whether they are too many. */
const read = (
  s3: S3.Service,
  pointer: Pointer
): Effect.Effect<Uint8Array, GetObjectError | GetObjectBodyError | S3AttributeException> => {
  const { sha256, size } = pointer
  const corrupt = failure("Corrupt", pointer)
  // an empty object has no range
  const Range = size === 0 ? undefined : `bytes=0-${size}`
  const once = s3.getObject.bytes({ ...requestOf(pointer), Range }).pipe(
    Effect.flatMap(({ Body }) =>
      Body.length === size && createHash("sha256").update(Body).digest().equals(sha256)
        ? Effect.succeed(Body)
        : Effect.fail(corrupt)
    ),
    Effect.catchIf((e) => e.code === "InvalidRange", () => Effect.fail(corrupt))
  )
  // they may have been harmed on their way: S3 states no checksum of a range
  return Effect.retry(once, { times: 1, while: (e) => e === corrupt })
}

const fromRead = (pointer: Pointer) => (e: GetObjectError | GetObjectBodyError | S3AttributeException) =>
  e._tag === "S3AttributeException" ? e : fromS3(pointer)(e)

const sameObject = (a: Pointer, b: Pointer): boolean =>
  a.bucket === b.bucket && a.key === b.key && a.versionId === b.versionId

export const fetch = (settings: Settings): Blobs.Service["fetch"] =>
<E, R>(
  owner: Blobs.Owner,
  asked: Pointer,
  options: Blobs.FetchOptions<E, R> = {}
) => {
  type Fetching = Effect.Effect<Blobs.Fetched | Inline, S3AttributeException | E, R>
  const { reread } = options
  const follow = (pointer: Pointer, left: number): Fetching =>
    Effect.zipRight(
      ownOnly(settings, owner, pointer),
      Effect.matchEffect(Effect.suspend(() => read(settings.s3, pointer)), {
        onSuccess: (bytes): Fetching => Effect.succeed({ _tag: "Fetched", bytes, pointer }),
        onFailure: (e): Fetching => {
          const failed = Effect.fail(fromRead(pointer)(e))
          if (reread === undefined || left === 0 || !isMissing(e)) return failed
          return Effect.flatMap(
            reread,
            Option.match({
              onNone: (): Fetching => failed,
              onSome: (now: Stored): Fetching =>
                now._tag === "Inline"
                  ? Effect.succeed(now)
                  : sameObject(now.pointer, pointer)
                  ? failed
                  : follow(now.pointer, left - 1)
            })
          )
        }
      })
    )
  return follow(asked, rereads)
}

export const stream = (settings: Settings): Blobs.Service["stream"] => (owner, pointer) =>
  Stream.unwrapScoped(
    Effect.zipRight(
      ownOnly(settings, owner, pointer),
      Effect.mapBoth(Effect.suspend(() => settings.s3.getObject(requestOf(pointer))), {
        onFailure: fromS3(pointer),
        onSuccess: ({ Body }) => Stream.mapError(verified(pointer, Body), fromRead(pointer))
      })
    )
  )

export const remove = (settings: Settings): Blobs.Service["delete"] => (owner, pointer) =>
  Effect.zipRight(
    ownOnly(settings, owner, pointer),
    Effect.mapError(
      Effect.suspend(() => Effect.asVoid(settings.s3.deleteObject(requestOf(pointer)))),
      (e) => fromS3(pointer, e.outcome)(e)
    )
  )

export const presign = (settings: Settings): Blobs.Service["presign"] => (owner, pointer, options) =>
  Effect.zipRight(
    ownOnly(settings, owner, pointer),
    Effect.suspend(() => Effect.mapError(settings.s3.presignGetObject(requestOf(pointer), options), fromS3(pointer)))
  )
