/** Entities that the tests of the model share, and a world to run them in. */
import type { ConfigurationException } from "@armature/aws/Exceptions"
import * as DataKeys from "@armature/kms/DataKeys"
import type * as Decryptor from "@armature/kms/Decryptor"
import type * as Encryptor from "@armature/kms/Encryptor"
import * as Sealing from "@armature/kms/Sealing"
import * as Local from "@armature/local/Local"
import * as Attribute from "@armature/model/Attribute"
import * as Entity from "@armature/model/Entity"
import { key } from "@armature/model/Key"
import * as Table from "@armature/model/Table"
import * as Blobs from "@armature/s3/Blobs"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { randomBytes } from "node:crypto"

export const App = Table.make("app", { key: ["pk", "sk"], indexes: { gsi1: ["g1pk", "g1sk"] } })

export class Order extends Schema.Class<Order>("Order")({
  tenant: Schema.String,
  id: Schema.String,
  status: Schema.Literal("open", "paid"),
  region: Schema.String,
  total: Schema.Number,
  big: Schema.BigIntFromSelf,
  lines: Schema.Array(Schema.Struct({ sku: Schema.String, qty: Schema.Number })),
  address: Schema.Struct({ zip: Schema.String, geo: Schema.Struct({ lat: Schema.Number }) }),
  scores: Schema.Record({ key: Schema.String, value: Schema.Number }),
  tags: Schema.ReadonlySetFromSelf(Schema.String),
  note: Schema.optionalWith(Schema.String, { exact: true }),
  long: Schema.propertySignature(Schema.String).pipe(Schema.fromKey("l")),
  placedAt: Schema.DateTimeUtc
}) {}

export const Orders = Entity.make(App, Order, {
  primary: { pk: key`T#${"tenant"}`, sk: key`ORDER#${"id"}` },
  byStatus: { index: "gsi1", pk: key`T#${"tenant"}#${"status"}#${"region"}`, sk: key`${"placedAt"}#${"id"}` }
})

export class Account extends Schema.Class<Account>("Account")({
  id: Schema.String,
  balance: Schema.Number,
  version: Attribute.Version,
  createdAt: Attribute.CreatedAt,
  updatedAt: Attribute.UpdatedAt
}) {}

export const Accounts = Entity.make(App, Account, { primary: { pk: key`ACCOUNT#${"id"}`, sk: key`ACCOUNT` } })

export class Customer extends Schema.Class<Customer>("Customer")({
  tenant: Schema.String,
  id: Attribute.uuid7,
  name: Schema.String,
  ssn: Attribute.encrypted(Schema.String),
  card: Schema.Struct({ pan: Attribute.encrypted(Schema.String), month: Schema.Number }),
  photo: Attribute.offloaded(Schema.Uint8ArrayFromSelf, { prefix: "photos/" })
}) {}

export const Customers = Entity.make(App, Customer, {
  primary: { pk: key`T#${"tenant"}`, sk: key`CUSTOMER#${"id"}` }
}, { context: ["tenant"] })

const local = Local.layer({ tables: [Table.definition(App)], buckets: ["files"] })

export type World =
  | Layer.Layer.Success<typeof local>
  | Encryptor.Encryptor
  | Decryptor.Decryptor
  | Blobs.Blobs

/** What seals and what stores in S3. The data key is fixed, so that KMS need not be asked. */
export const sealingAndBlobs = Layer.mergeAll(
  Sealing.layerReadWrite({ key: "test", accept: ["test"] }).pipe(
    Layer.provide(DataKeys.layerStatic({ seal: { keyId: "test", dataKey: Redacted.make(randomBytes(32)) } }))
  ),
  Blobs.layer({ bucket: "files", account: "000000000000", region: "us-east-1" })
)

/** Everything in process; each use is a world of its own. */
export const world: Layer.Layer<World, ConfigurationException> = sealingAndBlobs.pipe(Layer.provideMerge(local))
