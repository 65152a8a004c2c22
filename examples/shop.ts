/**
 * A shop on one table: customers with sealed tax ids, orders with invoices in S3, stock that moves in transactions, orders listed by their
 * status a page at a time. For `docs/model.md`.
 *
 *     npm run example -- examples/shop.ts                                          everything in process
 *     npm run example -- examples/shop.ts --endpoint http://127.0.0.1:8000         against `npm run local -- --port 8000`
 */
import {
  Attribute,
  Aws,
  batch,
  Blobs,
  Collection,
  DataKeys,
  Entity,
  key,
  Kms,
  Local,
  S3,
  Sealing,
  Stored,
  Table,
  transact
} from "armature"
import { Console, Effect, Layer, Option, Redacted, Schema } from "effect"
import { parseArgs } from "node:util"

const Shop = Table.make("armature-shop", { key: ["pk", "sk"], indexes: { gsi1: ["g1pk", "g1sk"] } })

class Customer extends Schema.Class<Customer>("Customer")({
  customerId: Attribute.ulid,
  name: Schema.NonEmptyString,
  taxId: Attribute.encrypted(Schema.String)
}) {}

const Customers = Entity.make(Shop, Customer, {
  primary: { pk: key`CUSTOMER#${"customerId"}`, sk: key`CUSTOMER` }
})

class Order extends Schema.Class<Order>("Order")({
  customerId: Schema.String,
  orderId: Attribute.ulid,
  status: Schema.Literal("open", "paid"),
  lines: Schema.NonEmptyArray(Schema.Struct({ sku: Schema.String, count: Schema.Int, price: Schema.Int })),
  invoice: Schema.optional(Attribute.offloaded(Schema.String, { prefix: "invoices/", contentType: "text/plain" })),
  placedAt: Attribute.CreatedAt,
  version: Attribute.Version
}) {}

const Orders = Entity.make(Shop, Order, {
  primary: { pk: key`CUSTOMER#${"customerId"}`, sk: key`ORDER#${"orderId"}` },
  byStatus: { index: "gsi1", pk: key`STATUS#${"status"}`, sk: key`${"placedAt"}#${"orderId"}` }
})

/** Prices are in cents. */
class Article extends Schema.Class<Article>("Article")({
  sku: Schema.String,
  price: Schema.Int,
  stock: Schema.NonNegativeInt
}) {}

const Articles = Entity.make(Shop, Article, { primary: { pk: key`ARTICLE#${"sku"}`, sk: key`ARTICLE` } })

/** Takes what is bought out of stock and writes the order: both, or neither. */
const place = Effect.fn("place")(function*(customer: Customer, wanted: Readonly<Record<string, number>>) {
  const articles = yield* batch(Object.keys(wanted).map((sku) => Articles.require({ sku })))
  const [first, ...more] = articles.map(({ price, sku }) => ({ sku, price, count: wanted[sku] ?? 0 }))
  if (first === undefined) return yield* Effect.fail("nothing is wanted" as const)
  const lines = [first, ...more] as const
  const [order] = yield* transact([
    Orders.create({ customerId: customer.customerId, status: "open", lines }),
    ...lines.map(({ count, sku }) =>
      Articles.update({ sku }, (p) => [p.stock.add(-count)], { if: (p) => p.stock.gte(count) })
    )
  ])
  return order
})

/** Says which article stood in the way, and how many are left of it. */
const order = (customer: Customer, wanted: Readonly<Record<string, number>>) =>
  place(customer, wanted).pipe(
    Effect.asSome,
    Effect.catchTag("TransactionCanceledException", (e) =>
      Effect.gen(function*() {
        const [, ...reasons] = e.reasons
        for (const reason of reasons.flatMap(Option.toArray)) {
          if (reason._tag !== "ConditionalCheckFailedException") return yield* Effect.fail(e)
          const { sku, stock } = Option.getOrThrow(yield* reason.decoded)
          yield* Console.log(`refused to ${customer.name}: ${stock} of ${sku} left`)
        }
        return Option.none<Order>()
      }))
  )

/** Writes the invoice to S3, then its order; of two at a time, one is too late. */
const pay = Effect.fn("pay")(function*(order: Order) {
  const total = order.lines.reduce((sum, { count, price }) => sum + count * price, 0)
  const customer = yield* Customers.pick(order, ["name"])
  yield* Orders.update(order, (p) => [
    p.status.set("paid"),
    p.invoice.set(Stored.of(`${Option.getOrThrow(customer).name} owes ${total}`))
  ])
})

/** All that has a status, two at a time, as a web page would ask for it: the cursor is what it hands out. */
const list = Effect.fn("list")(function*(status: Order["status"]) {
  let cursor: string | undefined
  do {
    const page = yield* Orders.queryPage("byStatus", { status }, { limit: 2, cursor })
    cursor = Option.getOrUndefined(page.cursor)
    yield* Console.log(`${status}: ${page.items.map(({ lines }) => lines.map(({ sku }) => sku).join("+")).join(", ")}`)
  } while (cursor !== undefined)
})

/** A customer and all orders: one partition, one query. */
const Accounts = Collection.make({ customers: Customers, orders: Orders })

const program = Effect.gen(function*() {
  yield* batch([
    Articles.put(new Article({ sku: "book", price: 1200, stock: 10 })),
    Articles.put(new Article({ sku: "pen", price: 150, stock: 5 }))
  ])
  const ada = yield* Customers.create({ name: "Ada Lovelace", taxId: "12-345-6789" })
  const first = yield* order(ada, { book: 1, pen: 2 })
  yield* order(ada, { pen: 4 })
  yield* order(ada, { pen: 3 })
  yield* order(ada, { book: 2 })
  yield* order(ada, { book: 1 })

  const bought = Option.getOrThrow(first)
  yield* pay(bought)
  yield* pay(bought).pipe(
    Effect.catchTag("ConditionalCheckFailedException", () => Console.log("paid before"))
  )
  yield* list("open")
  yield* list("paid")

  const { customers, orders } = yield* Accounts.grouped({ customerId: ada.customerId })
  for (const { name, taxId } of customers) yield* Console.log(`${name}, tax id ${taxId}`)
  for (const { invoice } of orders) {
    if (invoice !== undefined) yield* Console.log(yield* invoice.read)
  }
})

const bucket = "armature-shop-invoices"

/** The key by its ARN: who opens accepts no alias. */
const sealing = Layer.unwrapEffect(Effect.gen(function*() {
  const { KeyMetadata } = yield* Effect.flatMap(Kms.Kms, (kms) => kms.describeKey({ KeyId: "alias/shop" }))
  const arn = KeyMetadata?.Arn ?? ""
  return Sealing.layerReadWrite({ key: arn, accept: [arn] }).pipe(Layer.provide(DataKeys.layer()))
}))

const services = Layer.merge(sealing, Blobs.layer({ bucket, account: "000000000000", region: "us-east-1" }))

const local = Local.layer({ tables: [Table.definition(Shop)], keys: ["shop"], buckets: [bucket] })

/** What `Local.layer` makes by itself. */
const deploy = Effect.gen(function*() {
  const kms = yield* Kms.Kms
  yield* Table.create(Shop)
  yield* Effect.flatMap(S3.S3, (s3) => s3.createBucket({ Bucket: bucket }))
  const { KeyMetadata } = yield* kms.createKey({})
  yield* kms.createAlias({ AliasName: "alias/shop", TargetKeyId: KeyMetadata?.KeyId ?? "" })
})

const at = (endpoint: string) =>
  Layer.effectDiscard(deploy).pipe(Layer.provideMerge(Aws.layer({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: Redacted.make("local") }
  })))

const { values: { endpoint } } = parseArgs({ options: { endpoint: { type: "string" } } })
const world = endpoint === undefined ? local : at(endpoint)

await Effect.runPromise(program.pipe(Effect.provide(services.pipe(Layer.provideMerge(world)))))
