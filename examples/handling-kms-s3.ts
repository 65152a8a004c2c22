/**
 * What to do about the failures of KMS, of S3, and of what stands on them, as `docs/failures.md` shows it.
 *
 *     npm run example -- examples/handling-kms-s3.ts
 */
import { DataKeys, Decryptor, Encryptor, Kms } from "@armature/kms"
import { Faults, Local, LocalKms } from "@armature/local"
import { S3, type S3AttributeException } from "@armature/s3"
import { Console, Effect, Layer, Option } from "effect"

const object = { Bucket: "documents", Key: "report.txt" }
const place: Encryptor.Binding = { table: "users", partitionKey: { S: "ada" }, path: ["taxId"] }

/** KMS itself: AWS's own names. */
const keyOf = (alias: string) =>
  Effect.flatMap(Kms.Kms, (kms) => kms.describeKey({ KeyId: alias })).pipe(
    Effect.map(({ KeyMetadata }) => Option.fromNullable(KeyMetadata?.Arn)),
    Effect.catchTag("NotFoundException", () => Effect.succeedNone)
  )

const dataKey = (alias: string) =>
  Effect.flatMap(Kms.Kms, (kms) => kms.generateDataKey({ KeyId: alias, KeySpec: "AES_256" })).pipe(
    Effect.as("a data key"),
    Effect.catchTags({
      DisabledException: () => Effect.succeed("enable the key, or use another"),
      KMSInvalidStateException: () => Effect.succeed("the key waits for its deletion: see describeKey"),
      InvalidKeyUsageException: () => Effect.succeed("a symmetric key for ENCRYPT_DECRYPT is needed")
    })
  )

/** Sealing and opening. */
const opened = (sealed: Uint8Array) =>
  Effect.flatMap(Decryptor.Decryptor, (decryptor) => decryptor.open(sealed, place, { expected: "S" })).pipe(
    Effect.asSome,
    Effect.catchTag(
      "EncryptionException",
      (e) =>
        e.reason === "Unavailable" || e.reason === "KeyDisabled" || e.reason === "KeyState"
          ? Effect.fail("try again later")
          : Effect.as(Console.log(`it will never open: ${e.reason}`), Option.none())
    )
  )

/** S3 itself: an object that may not be there, and one that is made once. */
const report = Effect.flatMap(S3.S3, (s3) => s3.getObject.text(object)).pipe(
  Effect.map(({ Body }) => Body),
  Effect.catchTag("NoSuchKey", () => Effect.succeed("no report yet"))
)

const createReport = Effect.flatMap(S3.S3, (s3) => s3.putObject({ ...object, Body: "all is well", IfNoneMatch: "*" }))
  .pipe(
    Effect.as("written"),
    // in the type because of `IfNoneMatch`
    Effect.catchTag("PreconditionFailed", () => Effect.succeed("there is one already"))
  )

/** A value in S3 behind an attribute. */
export const missingValue = (e: S3AttributeException.S3AttributeException): string => {
  switch (e.reason) {
    case "Unavailable":
    case "TimedOut":
      return "try later"
    case "NotFound":
    case "Corrupt":
      return `restore ${e.bucket}/${e.key} from a version or a backup`
    default:
      return e.message
  }
}

const program = Effect.gen(function*() {
  const arn = yield* keyOf("alias/pii")
  yield* Console.log(`pii: ${Option.isSome(arn)}, other: ${Option.isSome(yield* keyOf("alias/other"))}`)

  const disabled = dataKey("alias/pii").pipe(
    LocalKms.withFaults([{
      operation: "GenerateDataKey",
      failure: Faults.keyDisabled
    }])
  )
  yield* Console.log(`data key: ${yield* disabled}, then ${yield* dataKey("alias/pii")}`)

  yield* Effect.gen(function*() {
    const encryptor = yield* Encryptor.Encryptor
    const sealed = yield* encryptor.seal({ S: "12-345" }, place)
    sealed[sealed.length - 1] = (sealed.at(-1) ?? 0) ^ 1
    yield* opened(sealed)
  }).pipe(
    Effect.provide(
      Layer.merge(
        Encryptor.layer({ key: "alias/pii" }),
        Decryptor.layer({ keys: [Option.getOrElse(arn, () => "")] })
      ).pipe(Layer.provide(DataKeys.layer()))
    )
  )

  yield* Console.log(yield* report)
  yield* Console.log(`${yield* createReport}; ${yield* createReport}; ${yield* report}`)
})

await Effect.runPromise(program.pipe(Effect.provide(Local.layer({ keys: ["pii"], buckets: ["documents"] }))))
