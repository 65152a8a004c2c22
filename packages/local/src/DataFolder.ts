/**
 * The three services over a folder, so that an endpoint keeps its state across restarts. A request that changes something is answered
 * when the change is durable: a kill at any moment loses at most what was not acknowledged.
 *
 * The folder holds items, objects and key material in clear; it is made readable for its owner only.
 *
 * @since 0.1.0
 */
import { serviceFault } from "@armature/aws/WireFailure"
import type { WireFailure } from "@armature/aws/WireFailure"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { S3Service, Service } from "./Endpoint.js"
import * as folder from "./internal/data/folder.js"
import * as Sources from "./internal/sources.js"

const reasons = {
  InUse: "another process has it open",
  Unreadable: "it cannot be read or written, or holds what this version does not know"
} as const

/**
 * A data folder could not be opened.
 *
 * @since 0.1.0
 * @category errors
 */
export class DataFolderException extends Data.TaggedError("DataFolderException")<{
  readonly reason: keyof typeof reasons
  readonly path: string
  readonly cause?: unknown
}> {
  override get message(): string {
    return `Cannot open the data folder ${this.path}: ${reasons[this.reason]}.`
  }
}

/**
 * Options of `open`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Made when it is not there. */
  readonly path: string
  /** The region in ARNs; `us-east-1` by default. */
  readonly region?: string | undefined
  /** The account in ARNs; `000000000000` by default. */
  readonly accountId?: string | undefined
}

/**
 * The services of a folder, to be given to an `Endpoint`.
 *
 * @since 0.1.0
 * @category models
 */
export interface DataFolder {
  readonly dynamodb: Service
  readonly kms: Service
  readonly s3: S3Service
  /** Nothing had been kept in the folder before. */
  readonly isNew: boolean
}

const lost = serviceFault({
  code: "InternalServerError",
  message: "The change could not be written to the data folder.",
  statusCode: 500
})

const serviceOf = (run: (operation: string, input: unknown) => folder.Answered): Service => ({
  send: (operation, input) =>
    Effect.suspend((): Effect.Effect<unknown, WireFailure> => {
      const { answer, durable } = run(operation, input)
      return durable === undefined
        ? answer
        : Effect.zipRight(Effect.tryPromise({ try: () => durable, catch: () => lost }), answer)
    })
})

/**
 * Opens a folder until the scope closes. The first request in each minute of Effect's clock finds items gone whose time to live has
 * passed.
 *
 * @since 0.1.0
 * @category constructors
 */
export const open = (options: Options): Effect.Effect<DataFolder, DataFolderException, Scope.Scope> =>
  Effect.gen(function*() {
    const sources = yield* Sources.make
    const opened = yield* Effect.acquireRelease(
      Effect.try({
        try: () => folder.open({ ...options, ...sources }),
        catch: (cause) =>
          new DataFolderException({
            reason: cause instanceof folder.InUse ? "InUse" : "Unreadable",
            path: options.path,
            cause
          })
      }),
      (opened) => Effect.promise(() => opened.close())
    )
    return {
      dynamodb: { ...serviceOf(opened.dynamodb), replicate: opened.replicate },
      kms: serviceOf(opened.kms),
      s3: { ...serviceOf(opened.s3), contents: opened.contents },
      isNew: opened.isNew
    }
  })
