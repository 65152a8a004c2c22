/** Programs run in process, and each request that they send is held against their policy as IAM would hold it. */
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { assert } from "vitest"
import {
  batch,
  Blobs,
  DataKeys,
  Iam,
  Kms,
  Local,
  LocalDynamoDB,
  LocalKms,
  LocalS3,
  Sealing,
  Stored,
  Table,
  transact
} from "../src/index.js"
import { Account, Accounts, App, Order, Orders, Patient, Patients } from "./programs.js"

const here = { account: "000000000000", region: "us-east-1" } as const
const table = `arn:aws:dynamodb:us-east-1:000000000000:table/`

// ---------------------------------------------------------------------------------------------------------------- IAM

interface Asked {
  readonly action: string
  readonly resource: string
  readonly context: Readonly<Record<string, ReadonlyArray<string>>>
}

/** A pattern of IAM as a regular expression: `*` and `?` are wildcards, `${*}`, `${?}` and `${$}` are the characters. */
const pattern = (text: string): RegExp =>
  new RegExp(
    `^${
      text.replace(
        /\$\{([*?$])\}|[*?]|[\\^$.()|[\]{}+/]/g,
        (all, escaped: string | undefined) =>
          escaped !== undefined ? `\\${escaped}` : all === "*" ? "[^]*" : all === "?" ? "[^]" : `\\${all}`
      )
    }$`
  )

const matches = (
  operator: string,
  wanted: ReadonlyArray<string>,
  actual: ReadonlyArray<string> | undefined
): boolean => {
  const like = (value: string) =>
    wanted.some((one) => operator.endsWith("Like") ? pattern(one).test(value) : one === value)
  // "for all" is true of none
  if (operator.startsWith("ForAllValues:")) return (actual ?? []).every(like)
  if (operator === "Null") return wanted.includes(String(actual === undefined))
  return actual !== undefined && actual.every(like)
}

const allows = ({ Statement }: Iam.Policy, { action, context, resource }: Asked): boolean =>
  Statement.some(({ Action, Condition = {}, Resource }) =>
    Action.includes(action) && Resource.some((one) => pattern(one).test(resource)) &&
    Object.entries(Condition).every(([operator, keys]) =>
      Object.entries(keys).every(([key, wanted]) =>
        matches(operator, typeof wanted === "string" ? [wanted] : wanted, context[key])
      )
    )
  )

// ---------------------------------------------------------------------------------------------------------------- requests

const member = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined

const textAt = (value: unknown, name: string): string => {
  const text = member(value, name)
  return typeof text === "string" ? text : ""
}

const listAt = (value: unknown, name: string): ReadonlyArray<unknown> => {
  const list = member(value, name)
  return Array.isArray(list) ? list : []
}

const namesOf = (expression: string, names: unknown): ReadonlyArray<string> =>
  expression.split(",").map((one) => one.trim()).map((one) => textAt(names, one) === "" ? one : textAt(names, one))

/** One request, or member of one, on an item. */
const onItem = (action: string, input: unknown, key: unknown): Asked => {
  const projection = textAt(input, "ProjectionExpression")
  const attributes = projection === "" ? undefined : namesOf(projection, member(input, "ExpressionAttributeNames"))
  return {
    action: `dynamodb:${action}`,
    resource: table + textAt(input, "TableName"),
    context: {
      "dynamodb:LeadingKeys": [textAt(member(key, "pk"), "S")],
      ...(attributes === undefined ? {} : { "dynamodb:Attributes": attributes }),
      ...(action === "GetItem" || action === "BatchGetItem"
        ? { "dynamodb:Select": [attributes === undefined ? "ALL_ATTRIBUTES" : "SPECIFIC_ATTRIBUTES"] }
        : {})
    }
  }
}

const transactions = {
  Put: "PutItem",
  Update: "UpdateItem",
  Delete: "DeleteItem",
  ConditionCheck: "ConditionCheckItem"
}

/** What IAM is asked for a request of DynamoDB. */
const askedOf = (operation: string, input: unknown): ReadonlyArray<Asked> => {
  switch (operation) {
    case "PutItem":
      return [onItem("PutItem", input, member(input, "Item"))]
    case "GetItem":
    case "UpdateItem":
    case "DeleteItem":
      return [onItem(operation, input, member(input, "Key"))]
    case "TransactWriteItems":
      return listAt(input, "TransactItems").flatMap((one) =>
        Object.entries(transactions).flatMap(([name, action]) => {
          const part = member(one, name)
          return part === undefined ? [] : [onItem(action, part, member(part, "Key") ?? member(part, "Item"))]
        })
      )
    case "BatchGetItem":
      return Object.entries(member(input, "RequestItems") ?? {}).map(([TableName, request]: [string, unknown]) => {
        const keys = listAt(request, "Keys").map((key) => textAt(member(key, "pk"), "S"))
        const one = onItem("BatchGetItem", { ...Object(request), TableName }, {})
        return { ...one, context: { ...one.context, "dynamodb:LeadingKeys": keys } }
      })
    case "BatchWriteItem":
      return Object.entries(member(input, "RequestItems") ?? {}).map(([TableName, requests]: [string, unknown]) => ({
        action: "dynamodb:BatchWriteItem",
        resource: table + TableName,
        context: {
          "dynamodb:LeadingKeys": (Array.isArray(requests) ? requests : []).map((one: unknown) =>
            textAt(
              member(member(member(one, "PutRequest"), "Item") ?? member(member(one, "DeleteRequest"), "Key"), "pk"),
              "S"
            )
          )
        }
      }))
    case "Query": {
      const index = textAt(input, "IndexName")
      // the first value is that of the partition key
      const [first] = Object.values(Object(member(input, "ExpressionAttributeValues")) as object)
      return [{
        action: "dynamodb:Query",
        resource: table + textAt(input, "TableName") + (index === "" ? "" : `/index/${index}`),
        context: { "dynamodb:LeadingKeys": [textAt(first, "S")], "dynamodb:Select": ["ALL_ATTRIBUTES"] }
      }]
    }
    case "Scan":
      return [{ action: "dynamodb:Scan", resource: table + textAt(input, "TableName"), context: {} }]
    case "GenerateDataKey":
    case "Decrypt": {
      const context: Record<string, string> = Object(member(input, "EncryptionContext"))
      const key = textAt(input, "KeyId")
      return [{
        action: `kms:${operation}`,
        resource: key,
        context: {
          "kms:EncryptionContextKeys": Object.keys(context),
          ...Object.fromEntries(
            Object.entries(context).map(([name, value]) => [`kms:EncryptionContext:${name}`, [value]])
          )
        }
      }]
    }
    case "HeadObject":
    case "GetObject":
    case "PutObject":
    case "DeleteObject":
      return [{
        action: `s3:${operation === "HeadObject" ? "GetObject" : operation}`,
        resource: `arn:aws:s3:::${textAt(input, "Bucket")}/${textAt(input, "Key")}`,
        context: {}
      }]
    default:
      return assert.fail(`nobody said what ${operation} asks for`)
  }
}

// ---------------------------------------------------------------------------------------------------------------- programs

const order = (id: string, tenant = "acme") =>
  new Order({ tenant, id, status: "open", total: 1, note: "n", day: "2026-01-01", version: 0 })

const patient = (id: string) =>
  new Patient({
    tenant: "acme",
    id,
    name: "Ann",
    ssn: "078-05-1120",
    card: { pan: "4111111111111111" },
    scan: Stored.of(new Uint8Array(1000))
  })

const account = new Account({ id: "1", owner: "ann" })

const world = Local.layer({ tables: [Table.definition(App)], buckets: ["files"] })

/** A key of KMS, and what the entities need for it. */
const withKey = <A, E, R>(program: (key: string) => Effect.Effect<A, E, R>) =>
  Effect.flatMap(Kms.Kms, (kms) =>
    Effect.flatMap(kms.createKey({}), ({ KeyMetadata }) => {
      const key = KeyMetadata?.Arn ?? ""
      const layer = Layer.merge(
        Sealing.layerReadWrite({ key, keys: { cards: key }, accept: [key] }).pipe(Layer.provide(DataKeys.layer())),
        Blobs.layer({ bucket: "files", ...here })
      )
      return Effect.provide(program(key), layer)
    }))

const calls = Effect.gen(function*() {
  const all = [
    yield* (yield* LocalDynamoDB.LocalDynamoDB).calls,
    yield* (yield* LocalKms.LocalKms).calls,
    yield* (yield* LocalS3.LocalS3).calls
  ]
  return all.flat()
})

/** Runs a program, and gives what IAM is asked for its requests. */
const asked = <A, E, R>(program: Effect.Effect<A, E, R>) =>
  Effect.gen(function*() {
    const before = new Set(yield* calls)
    yield* program
    return (yield* calls).filter((call) => !before.has(call)).flatMap(({ input, operation }) =>
      askedOf(operation, input)
    )
  })

/** Each request is allowed, and of DynamoDB and KMS nothing is that was not asked for. */
const fits = (policy: Iam.Policy, requests: ReadonlyArray<Asked>) => {
  assert.isNotEmpty(requests)
  for (const one of requests) assert.ok(allows(policy, one), JSON.stringify({ one, policy }))
  const actions = new Set(
    policy.Statement.flatMap(({ Action }) => Action).filter((action) => !action.startsWith("s3:"))
  )
  assert.deepStrictEqual(
    [...actions].sort(),
    [...new Set(requests.map(({ action }) => action))].filter((action) => !action.startsWith("s3:")).sort()
  )
}

describe("each request of a program is one that its policy allows", () => {
  it.effect("one by one, and in transactions", () =>
    Effect.gen(function*() {
      const policy = yield* Iam.policy(here, [
        Iam.uses(Orders, [
          "create",
          "update",
          "save",
          "delete",
          "get",
          "query:primary",
          "query:byStatus",
          "query:byDay"
        ]),
        Iam.uses(Accounts, ["put", "check"])
      ])
      const requests = yield* asked(Effect.gen(function*() {
        yield* Accounts.put(account)
        const made = yield* Orders.create(order("1"))
        const at = { tenant: "acme", id: "1" }
        const { version } = yield* Orders.save(made, new Order({ ...made, total: 2 }))
        yield* Orders.get(at)
        yield* Stream.runDrain(Orders.query("primary", { tenant: "acme" }))
        yield* Stream.runDrain(Orders.query("byStatus", { tenant: "acme", status: "open" }))
        yield* Stream.runDrain(Orders.query("byDay", { tenant: "acme" }))
        yield* transact([
          Accounts.check({ id: "1" }, (p) => p.id.exists),
          Orders.update({ ...at, version }, (p) => [p.total.set(3)]),
          Orders.create(order("2"))
        ])
        yield* Orders.delete({ tenant: "acme", id: "2", version: 1 })
      }))
      fits(policy, requests)
    }).pipe(Effect.provide(world)))

  it.effect("in batches, over two entities at once", () =>
    Effect.gen(function*() {
      const policy = yield* Iam.policy(here, [
        Iam.uses(Orders, ["batch:get"]),
        Iam.uses(Accounts, ["batch:get", "batch:put"])
      ])
      const requests = yield* asked(Effect.zipRight(
        batch([Accounts.put(account)]),
        batch([Orders.get({ tenant: "acme", id: "1" }), Accounts.get({ id: "1" })])
      ))
      fits(policy, requests)
      // the two are one request
      assert.deepStrictEqual(requests.map(({ context }) => context["dynamodb:LeadingKeys"]), [
        ["ACCOUNT#1"],
        ["T#acme", "ACCOUNT#1"]
      ])
    }).pipe(Effect.provide(world)))

  it.effect("picks, alone and in a batch", () =>
    Effect.gen(function*() {
      const policy = yield* Iam.policy(here, [
        Iam.uses(Orders, [{ pick: ["note", "total"] }, { pick: ["status"], batch: true }])
      ])
      const at = { tenant: "acme", id: "1" }
      const requests = yield* asked(Effect.zipRight(
        Orders.pick(at, ["note", "total"]),
        batch([Orders.pick(at, ["status"])])
      ))
      fits(policy, requests)
      // the same attributes, all of them and no more
      const first = policy.Statement.flatMap(({ Condition }) =>
        Condition?.["ForAllValues:StringEquals"]?.["dynamodb:Attributes"] ?? []
      )
      assert.deepStrictEqual(
        [...new Set(requests.flatMap(({ context }) => context["dynamodb:Attributes"] ?? []))].sort(),
        [...new Set(first)].sort()
      )
      for (const one of yield* asked(Orders.pick(at, ["status", "total"]))) assert.ok(!allows(policy, one))
      for (const one of yield* asked(Orders.get(at))) assert.ok(!allows(policy, one))
    }).pipe(Effect.provide(world)))

  it.effect("sealed values, and values in S3 that are replaced while they are read", () =>
    withKey((key) =>
      Effect.gen(function*() {
        const options = { ...here, encryption: { key, keys: { cards: key } }, blobs: { bucket: "files" } }
        const where = { tenant: "acme" }
        const at = { tenant: "acme", id: "1" }
        const write = yield* Iam.policy(options, [Iam.uses(Patients, ["put", "delete"], where)])
        fits(
          write,
          yield* asked(Effect.all([Patients.put(patient("1")), Patients.put(patient("1")), Patients.delete(at)]))
        )
        yield* Patients.put(patient("1"))
        const read = yield* Iam.policy(options, [Iam.uses(Patients, ["query:primary"], where)])
        const requests = yield* asked(Effect.gen(function*() {
          const found = yield* Stream.runHead(Patients.query("primary", where))
          const scan = Option.getOrThrow(found).scan
          // its object is gone when it is read: the item is read again
          yield* Patients.put(patient("1"))
          yield* Stored.read(scan)
        }))
        const own = requests.filter(({ action }) =>
          !["dynamodb:PutItem", "kms:GenerateDataKey", "s3:PutObject", "s3:DeleteObject"].includes(action)
        )
        fits(read, own)
        assert.include(own.map(({ action }) => action), "dynamodb:GetItem")
        // the readers' policy gives no right to write, the writers' none to read
        for (const one of requests) if (!own.includes(one)) assert.ok(!allows(read, one))
        assert.ok(!own.filter(({ action }) => action === "kms:Decrypt").some((one) => allows(write, one)))
      })
    ).pipe(Effect.provide(world)))

  it.effect("another tenant's partition is not allowed, and a name that only begins alike is another tenant", () =>
    Effect.gen(function*() {
      const policy = yield* Iam.policy(here, [
        Iam.uses(Orders, ["create", "get", "query:primary", "query:byStatus"], { tenant: "a*" })
      ])
      const tenants = ["a*", "ab", "a", "a*b", "a*#b"]
      for (const tenant of tenants) {
        const requests = yield* asked(Effect.all([
          Orders.create(order("1", tenant)),
          Orders.get({ tenant, id: "1" }),
          Stream.runDrain(Orders.query("primary", { tenant })),
          Stream.runDrain(Orders.query("byStatus", { tenant, status: "open" }))
        ]))
        assert.strictEqual(requests.length, 4)
        for (const one of requests) assert.strictEqual(allows(policy, one), tenant === "a*", tenant)
      }
    }).pipe(Effect.provide(world)))
})
