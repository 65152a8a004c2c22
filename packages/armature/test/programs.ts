/** The entities of the programs whose permissions are tested. */
import * as Config from "effect/Config"
import * as Schema from "effect/Schema"
import { Attribute, Entity, Key, key, Table } from "../src/index.js"

export const App = Table.make("app", {
  key: ["pk", "sk"],
  indexes: { gsi1: ["g1pk", "g1sk"], byDay: { key: ["pk", "day"], local: true } },
  timeToLive: "expiresAt"
})

export class Order extends Schema.Class<Order>("Order")({
  tenant: Schema.String,
  id: Schema.String,
  status: Schema.Literal("open", "paid"),
  total: Schema.Number,
  note: Schema.propertySignature(Schema.String).pipe(Schema.fromKey("n")),
  day: Schema.String,
  version: Attribute.Version
}) {}

export const Orders = Entity.make(App, Order, {
  primary: { pk: key`T#${"tenant"}`, sk: key`ORDER#${"id"}` },
  byStatus: { index: "gsi1", pk: key`T#${"tenant"}#${"status"}`, sk: key`${"id"}` },
  byDay: { index: "byDay", sk: key.attribute("day") }
})

export class Account extends Schema.Class<Account>("Account")({ id: Schema.String, owner: Schema.String }) {}

export const Accounts = Entity.make(App, Account, {
  primary: { pk: key`ACCOUNT#${"id"}`, sk: key`ACCOUNT` },
  byOwner: { index: "gsi1", pk: key`OWNER#${"owner"}`, sk: key`${"id"}` }
})

export class Patient extends Schema.Class<Patient>("Patient")({
  tenant: Schema.String,
  id: Schema.String,
  name: Schema.String,
  ssn: Attribute.encrypted(Schema.String),
  card: Schema.optionalWith(Schema.Struct({ pan: Attribute.encrypted(Schema.String, { key: "cards" }) }), {
    exact: true
  }),
  scan: Attribute.offloaded(Schema.Uint8ArrayFromSelf, { prefix: "scans/", previousPrefixes: ["old-scans/"] })
}) {}

export const Patients = Entity.make(App, Patient, {
  primary: { pk: key`T#${"tenant"}`, sk: key`PATIENT#${"id"}` }
}, { context: ["tenant"] })

export class Secret extends Schema.Class<Secret>("Secret")({
  id: Schema.String,
  token: Attribute.encrypted(Schema.String)
}) {}

const Vault = Table.make(Config.string("VAULT"), { key: ["id"], logicalName: "vault" })

export const Secrets = Entity.make(Vault, Secret, { primary: { pk: key.attribute("id") } })

/** A table that is older than its entities: its keys are raw. */
export class Legacy extends Schema.Class<Legacy>("Legacy")({ path: Schema.String, part: Schema.String }) {}

export const Legacies = Entity.make(Table.make("legacy", { key: ["pk"] }), Legacy, {
  primary: { pk: key`${Key.raw("path")}|${Key.raw("part")}` }
})

/** Keys of numbers, and an index whose key is several attributes. */
export class Reading extends Schema.Class<Reading>("Reading")({
  sensor: Schema.Number,
  site: Schema.String,
  floor: Schema.String,
  at: Schema.String
}) {}

const Measured = Table.make("readings", {
  key: ["sensor", "at"],
  keyTypes: { sensor: "N" },
  indexes: { bySite: { partitionKey: ["site", "floor"], sortKey: ["at"] } }
})

export const Readings = Entity.make(Measured, Reading, {
  primary: { pk: key.attribute("sensor"), sk: key.attribute("at") },
  bySite: { index: "bySite" }
})
