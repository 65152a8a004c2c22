/** Objects from files and to files, in one request each; and files as the body of an upload. */
import type * as Sdk from "@aws-sdk/client-s3"
import { FileSystem } from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { randomUUID } from "node:crypto"
import { S3 } from "../S3.js"
import type * as S3File from "../S3File.js"
import type { Options } from "../S3Upload.js"
import * as uploads from "./upload.js"

/** Large enough that reading costs little, small enough to be of no account beside a part. */
const chunkSize = 512 * 1024

const bodyOf = (path: string) =>
  Effect.flatMap(
    FileSystem,
    (fs) =>
      Effect.map(fs.stat(path), ({ size }) => ({ Body: fs.stream(path, { chunkSize }), ContentLength: Number(size) }))
  )

/** A path beside the one given, of a file that is gone with the scope. */
export const beside = (path: string): Effect.Effect<string, never, FileSystem | Scope.Scope> =>
  Effect.flatMap(FileSystem, (fs) => {
    const temporary = `${path}.${randomUUID()}`
    return Effect.as(Effect.addFinalizer(() => Effect.ignore(fs.remove(temporary, { force: true }))), temporary)
  })

export const putObject = (input: S3File.PutObjectInput, path: string, options?: S3.WriteOptions) =>
  Effect.gen(function*() {
    const s3 = yield* S3
    return yield* s3.putObject({ ...input, ...yield* bodyOf(path) }, options)
  })

export const upload = (input: S3File.UploadInput, path: string, options?: Options) =>
  Effect.flatMap(bodyOf(path), (body) => uploads.upload({ ...input, ...body }, options))

export const getObject = (input: Sdk.GetObjectCommandInput, path: string) =>
  Effect.scoped(Effect.gen(function*() {
    const s3 = yield* S3
    const fs = yield* FileSystem
    const { Body, ...output } = yield* s3.getObject(input)
    const temporary = yield* beside(path)
    yield* Stream.run(Body, fs.sink(temporary))
    yield* fs.rename(temporary, path)
    return output
  }))
