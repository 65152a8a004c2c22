/**
 * S3 for Effect.
 *
 * @since 0.1.0
 */

export * as S3 from "./S3.js"

export * as S3Exception from "./S3Exception.js"

export * as Blobs from "./Blobs.js"

export * as Pointer from "./Pointer.js"

export * as S3AttributeException from "./S3AttributeException.js"

export * as Sweeper from "./Sweeper.js"

export * as SweepRefusedException from "./SweepRefusedException.js"

export * as S3Upload from "./S3Upload.js"
