/**
 * Fault rules as JSON, for the endpoint: the same language as in process, without functions. A rule that could never fire is refused,
 * by AWS's own description of the services. Pure.
 */
import { connectionFault, serviceFault } from "@armature/aws/WireFailure"
import type { WireFailure } from "@armature/aws/WireFailure"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { OperationModel, ServiceModel } from "../http/model.js"
import { staleReads } from "./replica.js"
import * as faults from "./rule.js"

export type Name = "DynamoDB" | "KMS" | "S3"

/** AWS's descriptions of what the endpoint speaks. */
export interface Models {
  readonly dynamodb: ServiceModel
  readonly streams: ServiceModel
  readonly kms: ServiceModel
  readonly s3: ServiceModel
}

const count = Schema.Int.pipe(Schema.positive())
const position = Schema.Int.pipe(Schema.between(0, 99))

/** What the attribute of a key may be; bytes in base64. */
const KeyValue = Schema.Union(
  Schema.Struct({ S: Schema.String }),
  Schema.Struct({ N: Schema.String }),
  Schema.Struct({ B: Schema.String.pipe(Schema.pattern(/^[A-Za-z0-9+/]*={0,2}$/)) })
)

/** `delay`, `latency`, `stale` and `retryAfter` are milliseconds. */
const Rule = Schema.Struct({
  service: Schema.Literal("DynamoDB", "KMS", "S3"),
  operation: Schema.NonEmptyString,
  table: Schema.optional(Schema.NonEmptyString),
  index: Schema.optional(Schema.NonEmptyString),
  key: Schema.optional(Schema.Record({ key: Schema.String, value: KeyValue })),
  bucket: Schema.optional(Schema.NonEmptyString),
  object: Schema.optional(Schema.NonEmptyString),
  keyId: Schema.optional(Schema.NonEmptyString),
  nth: Schema.optional(Schema.Union(count, Schema.NonEmptyArray(count), Schema.Literal("every"))),
  times: Schema.optional(Schema.Union(count, Schema.Literal("always"))),
  probability: Schema.optional(Schema.Number.pipe(Schema.greaterThan(0), Schema.lessThanOrEqualTo(1))),
  seed: Schema.optional(Schema.Int),
  effect: Schema.optional(Schema.Literal("before", "after", "late")),
  delay: Schema.optional(Schema.NonNegative),
  latency: Schema.optional(Schema.NonNegative),
  failure: Schema.optional(Schema.Union(
    Schema.Struct({
      code: Schema.NonEmptyString,
      message: Schema.optional(Schema.String),
      statusCode: Schema.optional(Schema.Int.pipe(Schema.between(300, 599))),
      retryAfter: Schema.optional(Schema.NonNegative),
      detail: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.Unknown }))
    }),
    Schema.Struct({ connection: Schema.Literal("sent", "body") })
  )),
  hang: Schema.optional(Schema.Literal(true)),
  unprocessed: Schema.optional(Schema.Union(count, Schema.NonEmptyArray(position), Schema.Literal("all"))),
  page: Schema.optional(Schema.Union(count, Schema.Literal("empty"))),
  conflict: Schema.optional(Schema.Union(position, Schema.NonEmptyArray(position))),
  body: Schema.optional(Schema.Literal("truncated", "corrupt")),
  stale: Schema.optional(Schema.Number.pipe(Schema.positive()))
})

export type Rule = typeof Rule.Type

const decode = Schema.decodeUnknownEither(Schema.parseJson(Schema.Array(Rule)), {
  onExcessProperty: "error",
  errors: "first"
})

const operationOf = (models: Models, { operation, service }: Rule): OperationModel | undefined => {
  switch (service) {
    case "DynamoDB":
      return models.dynamodb.operations.get(operation) ?? models.streams.operations.get(operation)
    case "KMS":
      return models.kms.operations.get(operation)
    case "S3":
      return models.s3.operations.get(operation)
  }
}

const membersOf = (schema: OperationModel["input"]): ReadonlySet<string> =>
  new Set(schema.isStructSchema() ? Array.from(schema.structIterator(), ([name]) => name) : [])

/** What is wrong with a rule whose form is right: why it could never fire, or what it says to no effect. */
export const problem = (models: Models, rule: Rule): string | undefined => {
  const { operation, service } = rule
  const model = operationOf(models, rule)
  if (model === undefined) return `${service} has no operation ${JSON.stringify(operation)}`

  const input = membersOf(model.input)
  const output = membersOf(model.output)
  const has = (...names: ReadonlyArray<string>) => names.some((name) => input.has(name))
  const ofTables = has("TableName", "RequestItems", "TransactItems")
  const ofItems = service === "DynamoDB" && has("Key", "Item", "RequestItems", "TransactItems")
  const named: ReadonlyArray<readonly [keyof Rule, boolean]> = [
    ["table", ofTables],
    ["index", has("IndexName")],
    ["key", ofItems],
    ["bucket", has("Bucket")],
    ["object", service === "S3" && has("Key")],
    ["keyId", has("KeyId")],
    ["unprocessed", output.has("UnprocessedItems") || output.has("UnprocessedKeys")],
    ["page", has(faults.pageLimits[operation] ?? "") && (rule.page !== "empty" || faults.emptyPages.has(operation))],
    ["conflict", has("TransactItems", "TransactStatements")],
    ["body", service === "S3" && operation === "GetObject"],
    ["stale", service === "DynamoDB" && staleReads.has(operation)]
  ]
  for (const [field, possible] of named) {
    if (rule[field] !== undefined && !possible) return `${field} does not go with ${operation}`
  }
  const happenings = (["failure", "hang", "unprocessed", "page", "conflict", "body", "stale"] as const)
    .filter((field) => rule[field] !== undefined)
  if (happenings.length > 1) return `${happenings.join(" and ")} exclude each other`
  if (happenings.length === 0 && rule.latency === undefined) {
    return "one of failure, hang, latency, unprocessed, page, conflict, body and stale is needed"
  }
  const unanswered = rule.failure !== undefined || rule.hang === true
  if (rule.effect !== undefined && !unanswered) return "effect goes with failure or hang only"
  if (rule.delay !== undefined && rule.effect !== "late") return "delay goes with effect \"late\" only"
  if (rule.times !== undefined && rule.nth !== undefined && typeof rule.nth !== "number") {
    return "times goes with a number as nth only"
  }
  if (rule.seed !== undefined && rule.probability === undefined) return "seed goes with probability only"
  const beyond = operation === "BatchWriteItem" && typeof rule.unprocessed === "object" &&
    rule.unprocessed.every((at) => at >= 25)
  return beyond ? "a BatchWriteItem has 25 members at most" : undefined
}

/** The rules of a text; on the left what is wrong with it. */
export const parse = (models: Models, text: string): Either.Either<ReadonlyArray<Rule>, string> =>
  Either.flatMap(
    Either.mapLeft(decode(text), (error) => error.message),
    (rules) => {
      for (const [i, rule] of rules.entries()) {
        const wrong = problem(models, rule)
        if (wrong !== undefined) return Either.left(`rule ${i + 1}: ${wrong}`)
      }
      return Either.right(rules)
    }
  )

const failureOf = (failure: NonNullable<Rule["failure"]>): WireFailure =>
  "connection" in failure
    ? connectionFault({ phase: failure.connection, timeout: false, cause: "a fault rule" })
    : serviceFault({
      code: failure.code,
      message: failure.message ?? "",
      statusCode: failure.statusCode ?? 400,
      retryAfter: failure.retryAfter,
      detail: failure.detail
    })

const keyOf = (key: NonNullable<Rule["key"]>): faults.Rule["key"] =>
  Object.fromEntries(
    Object.entries(key).map((
      [name, value]
    ) => [name, "B" in value ? { B: Buffer.from(value.B, "base64") } : { ...value }])
  )

/** The rule as it stands. */
export const toRule = ({ failure, key, ...rule }: Rule): faults.Rule => ({
  ...rule,
  key: key === undefined ? undefined : keyOf(key),
  failure: failure === undefined ? undefined : failureOf(failure)
})
