/**
 * KMS in process: the real service over the in-process engine, with real cryptography underneath and time from Effect's `Clock`.
 *
 * @since 0.1.0
 */
import { ConfigurationException } from "@armature/aws/Exceptions"
import * as Kms from "@armature/kms/Kms"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as Faults from "./Faults.js"
import * as inProcess from "./internal/inProcess.js"
import * as KmsEngine from "./KmsEngine.js"

/**
 * What a test can see and do beside the service: the engine itself, the calls that were made, and faults.
 *
 * @since 0.1.0
 * @category tags
 */
export class LocalKms extends Context.Tag("@armature/local/LocalKms")<
  LocalKms,
  inProcess.InProcess<Kms.Operations, KmsEngine.Engine>["local"]
>() {}

/**
 * Options of `make`, `layer` and `layerTransport`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Symmetric keys that stand from the beginning, by their aliases, without `alias/`. */
  readonly keys?: ReadonlyArray<string> | undefined
  /** Appears in ARNs and telemetry. Default `"us-east-1"`. */
  readonly region?: string | undefined
  /** Whether calls are kept to assert on. Default `true`. */
  readonly log?: boolean | undefined
}

/**
 * The engine and its transport, a world of their own each time this is run. Fails when an alias is none.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options = {}
): Effect.Effect<inProcess.InProcess<Kms.Operations, KmsEngine.Engine>, ConfigurationException, Scope.Scope> =>
  Effect.gen(function*() {
    const region = options.region ?? "us-east-1"
    const world = yield* inProcess.make<Kms.Operations, KmsEngine.Engine>({
      region,
      log: options.log ?? true,
      engine: (now) => KmsEngine.make({ now, region })
    })
    const { engine } = world.local
    for (const [i, alias] of (options.keys ?? []).entries()) {
      const named = Either.flatMap(engine.execute("CreateKey", {}), ({ KeyMetadata }) =>
        engine.execute("CreateAlias", {
          AliasName: `alias/${alias}`,
          TargetKeyId: typeof KeyMetadata === "object" && KeyMetadata !== null && "KeyId" in KeyMetadata
            ? KeyMetadata.KeyId
            : undefined
        }))
      if (Either.isLeft(named)) {
        return yield* new ConfigurationException({
          service: "KMS",
          operation: "CreateAlias",
          reason: "Invalid",
          option: `keys[${i}]`,
          code: named.left.code,
          detail: named.left.message
        })
      }
    }
    return world
  })

/**
 * The transport in process, for a service of one's own making over it, with `LocalKms` to look behind it.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerTransport = (
  options: Options = {}
): Layer.Layer<Kms.KmsTransport | LocalKms, ConfigurationException> =>
  Layer.scopedContext(
    Effect.map(make(options), ({ local, transport }) =>
      Context.make(Kms.KmsTransport, transport).pipe(Context.add(LocalKms, local)))
  )

/**
 * The service in process. Each `layer` is a world of its own.
 *
 * @example
 * ```ts
 * import * as Kms from "@armature/kms/Kms"
 * import * as LocalKms from "@armature/local/LocalKms"
 * import * as Effect from "effect/Effect"
 *
 * export const main = Effect.flatMap(Kms.Kms, (kms) => kms.generateDataKey({ KeyId: "alias/pii", KeySpec: "AES_256" })).pipe(
 *   Effect.provide(LocalKms.layer({ keys: ["pii"] }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<Kms.Kms | LocalKms, ConfigurationException> =>
  Layer.merge(Kms.layerTransport, Layer.context<LocalKms>()).pipe(Layer.provide(layerTransport(options)))

/**
 * Runs a program under fault rules.
 *
 * @since 0.1.0
 * @category faults
 */
export const withFaults: {
  (
    rules: ReadonlyArray<Faults.Rule<Kms.Operations>>
  ): <A, E, R>(program: Effect.Effect<A, E, R>) => Effect.Effect<A, E | Faults.FaultNotFiredException, R | LocalKms>
  <A, E, R>(
    program: Effect.Effect<A, E, R>,
    rules: ReadonlyArray<Faults.Rule<Kms.Operations>>
  ): Effect.Effect<A, E | Faults.FaultNotFiredException, R | LocalKms>
} = dual(2, <A, E, R>(
  program: Effect.Effect<A, E, R>,
  rules: ReadonlyArray<Faults.Rule<Kms.Operations>>
): Effect.Effect<A, E | Faults.FaultNotFiredException, R | LocalKms> =>
  Effect.flatMap(LocalKms, (local) => local.faults.run(rules)(program)))
