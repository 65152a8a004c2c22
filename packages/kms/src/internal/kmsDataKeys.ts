/** Data keys from KMS, kept in two caches: those that seal, by KMS key and context; those that open, by EDK, KMS key and context. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { DataKeys, OpeningRequest, SealingRequest } from "../DataKeys.js"
import type { EncryptionException } from "../EncryptionException.js"
import type { EncryptionError } from "../EncryptionException.js"
import * as Envelope from "../Envelope.js"
import type * as Api from "../Kms.js"
import { cacheKey } from "./encryptionContext.js"
import { encryptionFailure, fromKms } from "./encryptionErrors.js"
import { keyIdOf } from "./keyIds.js"
import * as SharedCache from "./sharedCache.js"
import { Kms } from "./tag.js"

const calls = Metric.counter("armature.kms.data_key.calls", {
  description: "Calls to KMS for data keys",
  incremental: true
})
const hits = Metric.counter("armature.kms.data_key.hits", {
  description: "Uses of data keys that needed no call",
  incremental: true
})
const age = Metric.histogram(
  "armature.kms.data_key.age",
  MetricBoundaries.exponential({ start: 1, factor: 4, count: 8 }),
  "Age in seconds at which data keys left the cache"
).pipe(Metric.tagged("time_unit", "s"))

const tagged = <Type, In, Out>(operation: string, metric: Metric.Metric<Type, In, Out>) =>
  Metric.tagged(metric, "operation", operation)

const cache = (operation: string, bounds: SharedCache.Bounds) => {
  const operationHits = tagged(operation, hits)
  const operationAge = tagged(operation, age)
  return SharedCache.make<Envelope.EnvelopeKey, EncryptionError>({
    bounds,
    onHit: () => operationHits.unsafeUpdate(1, []),
    onEvict: (key, millis) => {
      Envelope.wipe(key)
      operationAge.unsafeUpdate(millis / 1000, [])
    }
  })
}

const counted = (operation: string) => {
  const operationCalls = tagged(operation, calls)
  return <A, E, R>(call: Effect.Effect<A, E, R>) => Effect.zipRight(Metric.increment(operationCalls), call)
}
const countGenerate = counted("GenerateDataKey")
const countDecrypt = counted("Decrypt")

/** Makes KMS's answer into a key, and overwrites the plaintext. */
const ready = (
  keyId: string | undefined,
  edk: Uint8Array | undefined,
  plaintext: Api.Plaintext | undefined
): Effect.Effect<Envelope.EnvelopeKey, EncryptionException> =>
  Effect.suspend(() => {
    if (keyId === undefined || edk === undefined || plaintext === undefined) return encryptionFailure("Unavailable")
    const dataKey = Either.getOrUndefined(Either.try(() => Redacted.value(plaintext)))
    // a plaintext handed out a second time was overwritten below: zeros would seal, and anyone could open
    if (dataKey === undefined || dataKey.every((byte) => byte === 0)) return encryptionFailure("Unavailable")
    const key = Envelope.key({ keyId, edk, dataKey })
    dataKey.fill(0)
    Redacted.unsafeWipe(plaintext)
    return Either.isRight(key) ? Effect.succeed(key.right) : encryptionFailure("Unavailable")
  })

const generate = (kms: Api.Kms.Service, { context, key }: SealingRequest) =>
  kms.generateDataKey({ KeyId: key, KeySpec: "AES_256", EncryptionContext: { ...context } }).pipe(
    countGenerate,
    Effect.mapError(fromKms),
    Effect.flatMap((answer) => ready(keyIdOf(answer.KeyId ?? ""), answer.CiphertextBlob, answer.Plaintext))
  )

const decrypt = (kms: Api.Kms.Service, { contexts, header, key }: OpeningRequest) => {
  const [first, ...former] = contexts
  const under = (context: Readonly<Record<string, string>>) =>
    // KeyId pins the key: without it KMS would open with whatever key made the ciphertext
    countDecrypt(kms.decrypt({ KeyId: key, CiphertextBlob: header.edk, EncryptionContext: { ...context } }))
  return former.reduce(
    (tried, context) => Effect.catchTag(tried, "InvalidCiphertextException", () => under(context)),
    under(first)
  ).pipe(
    Effect.mapError(fromKms),
    Effect.flatMap((answer) => ready(header.keyId, header.edk, answer.Plaintext))
  )
}

/** Of all contexts: a reader that accepts no former one gets nothing from a reader that does. */
const openingKey = ({ contexts, header, key }: OpeningRequest): string => {
  const [present, ...former] = contexts
  const text = former.reduce((text, context) => cacheKey(text, context), `${key} ${header.keyId}`)
  return cacheKey(text, present, header.edk)
}

const size = (sealed: Either.Either<Uint8Array, unknown>): number => Either.isRight(sealed) ? sealed.right.length : 0

export const make = (bounds: {
  readonly sealing: SharedCache.Bounds
  readonly opening: SharedCache.Bounds
}): Effect.Effect<DataKeys.Service, never, Api.Kms | Scope.Scope> =>
  Effect.gen(function*() {
    const kms = yield* Kms
    const sealing = yield* cache("GenerateDataKey", bounds.sealing)
    const opening = yield* cache("Decrypt", bounds.opening)
    return {
      withSealingKey: (request, use) =>
        Effect.suspend(() =>
          sealing.use(cacheKey(request.key, request.context), Effect.suspend(() => generate(kms, request)), use, size)
        ),
      withOpeningKey: (request, use) =>
        Effect.suspend(() =>
          opening.use(openingKey(request), Effect.suspend(() => decrypt(kms, request)), use, () => 0)
        )
    }
  })
