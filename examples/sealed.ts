/**
 * A secret attribute in a table: sealed with a KMS data key on its way in, opened on its way out, and useless to whoever holds the table.
 *
 *     npm run example -- examples/sealed.ts
 */
import { DynamoDB } from "@armature/dynamodb"
import { DataKeys, Decryptor, Encryptor, Kms } from "@armature/kms"
import { LocalDynamoDB, LocalKms } from "@armature/local"
import { Console, Effect, Layer } from "effect"
import { users } from "./tables.js"

/** Where a user's tax id belongs: in no other item, attribute or table does it open. */
const place = (id: string): Encryptor.Binding => ({ table: "users", partitionKey: { S: id }, path: ["taxId"] })

/** Needs the right to seal, and not the right to open. */
const register = Effect.fn("register")(function*(id: string, taxId: string) {
  const db = yield* DynamoDB.DynamoDB
  const { seal } = yield* Encryptor.Encryptor
  const sealed = yield* seal({ S: taxId }, place(id))
  yield* db.putItem({ TableName: users.TableName, Item: { id: { S: id }, taxId: { B: sealed } } })
})

const sealedTaxId = Effect.fn("sealedTaxId")(function*(id: string) {
  const db = yield* DynamoDB.DynamoDB
  const { Item } = yield* db.getItem({ TableName: users.TableName, Key: { id: { S: id } } })
  return Item?.taxId?.B ?? new Uint8Array()
})

/** Needs the right to open. */
const taxId = Effect.fn("taxId")(function*(id: string) {
  const { open } = yield* Decryptor.Decryptor
  return yield* open(yield* sealedTaxId(id), place(id), { expected: "S" })
})

const program = Effect.gen(function*() {
  yield* register("ada", "12-345-6789")
  const stored = yield* sealedTaxId("ada")
  yield* Console.log(`the table holds ${stored.length} bytes, and the tax id is not among them`)
  const opened = yield* taxId("ada")
  yield* Console.log(`its reader sees ${"S" in opened ? opened.S : "nothing"}`)

  // whoever copies it to another item gets nothing
  const db = yield* DynamoDB.DynamoDB
  yield* db.putItem({ TableName: users.TableName, Item: { id: { S: "eve" }, taxId: { B: stored } } })
  yield* taxId("eve").pipe(
    Effect.catchTag("EncryptionException", (e) => Console.log(`copied to another item it does not open: ${e.reason}`))
  )
})

// the reader accepts keys by ARN, never by alias
const arn = Effect.flatMap(Kms.Kms, (kms) => kms.describeKey({ KeyId: "alias/pii" })).pipe(
  Effect.map(({ KeyMetadata }) => KeyMetadata?.Arn ?? "")
)
const reader = Layer.unwrapEffect(Effect.map(arn, (key) => Decryptor.layer({ keys: [key] })))
const capabilities = Layer.merge(Encryptor.layer({ key: "alias/pii" }), reader).pipe(Layer.provide(DataKeys.layer()))

// on AWS: Kms.layer({ region }) and DynamoDB.layer({ region })
const aws = Layer.merge(
  capabilities.pipe(Layer.provide(LocalKms.layer({ keys: ["pii"] }))),
  LocalDynamoDB.layer({ tables: [users] })
)

await Effect.runPromise(program.pipe(Effect.provide(aws)))
