/**
 * Every exception that an operation declares has a witness: an answer (status, headers, body) or a socket's behaviour that makes a call of
 * that operation fail with it, through the AWS SDK. `data/witnesses.json` holds them, by operation and tag; what is declared without a
 * witness fails here, and so does what has one and is not declared.
 */
import * as AwsRetry from "@armature/aws/AwsRetry"
import { shared } from "@armature/aws/Classify"
import { ServiceException } from "@armature/aws/Exceptions"
import * as ServiceClient from "@armature/aws/ServiceClient"
import type { Transport } from "@armature/aws/Transport"
import * as Wire from "@armature/aws/WireFailure"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { readFileSync } from "node:fs"
import * as Net from "node:net"
import { assert } from "vitest"
import * as DynamoDB from "../src/DynamoDB.js"
import { rules } from "../src/internal/classification.js"
import * as operations from "../src/internal/operations.js"
import { listen, serve } from "./server.js"

type Answer =
  | { readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: string }
  /** `refused`: nothing listens. `reset`: the connection is cut once the request has arrived. */
  | { readonly socket: "refused" | "reset" }

const { answers, witnesses }: {
  readonly answers: Readonly<Record<string, Answer>>
  /** By operation and access, by tag: the name of an answer. */
  readonly witnesses: Readonly<Record<string, Readonly<Record<string, string>>>>
} = JSON.parse(readFileSync(new URL("data/witnesses.json", import.meta.url), "utf8"))

type Row = typeof operations.rows[number]

const nameOf = (row: Row) => `${row.name} (${row.access})`

/** The tags that a row declares: those of its classes, and the one that every row has. */
const declaredBy = (row: Row): ReadonlyArray<string> =>
  [...row.exceptions, ServiceException].map((declared) => Reflect.get(declared, "tag") as string).sort()

const Key = { id: { S: "1" } }
const conditional = { TableName: "t", ConditionExpression: "attribute_exists(id)" }
const table = { TableName: "t" }
const resource = { ResourceArn: "arn:aws:dynamodb:us-east-1:123456789012:table/t" }

/** An input with which every exception of the row can come. */
const inputs: { readonly [K in keyof operations.Operations]: operations.Operations[K]["input"] } = {
  BatchExecuteStatement: { Statements: [{ Statement: "SELECT * FROM t WHERE id = '1'" }] },
  BatchGetItem: { RequestItems: { t: { Keys: [Key] } } },
  BatchWriteItem: { RequestItems: { t: [{ DeleteRequest: { Key } }] } },
  CreateTable: { ...table, KeySchema: [], AttributeDefinitions: [] },
  DeleteItem: { ...conditional, Key },
  DeleteTable: table,
  DescribeContinuousBackups: table,
  DescribeLimits: {},
  DescribeTable: table,
  DescribeTimeToLive: table,
  ExecuteStatement: { Statement: "SELECT * FROM t WHERE id = '1'" },
  ExecuteTransaction: { TransactStatements: [{ Statement: "DELETE FROM t WHERE id = '1'" }], ClientRequestToken: "1" },
  GetItem: { ...table, Key },
  ListTables: {},
  ListTagsOfResource: resource,
  PutItem: { ...conditional, Item: Key },
  Query: table,
  Scan: table,
  TagResource: { ...resource, Tags: [] },
  TransactGetItems: { TransactItems: [{ Get: { ...table, Key } }] },
  TransactWriteItems: { TransactItems: [{ Delete: { ...table, Key } }], ClientRequestToken: "1" },
  UntagResource: { ...resource, TagKeys: [] },
  UpdateItem: { ...conditional, Key },
  UpdateTable: table,
  UpdateTimeToLive: { ...table, TimeToLiveSpecification: { Enabled: true, AttributeName: "at" } }
}

const transport = (endpoint: string) =>
  DynamoDB.sdkTransport({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: Redacted.make("secret") }
  })

/** Calls operations over transports that answer as they are told. */
const play = Effect.gen(function*() {
  let answer: Answer | undefined
  const { endpoint } = yield* serve((request, response) => {
    if (answer === undefined || "socket" in answer) request.socket.destroy()
    else response.writeHead(answer.status, answer.headers).end(answer.body)
  })
  const closed = yield* Effect.scoped(Effect.map(listen(Net.createServer()), ({ port }) => port))
  const answering = yield* transport(endpoint)
  const refusing = yield* transport(`http://127.0.0.1:${closed}`)
  const client = (over: Transport<operations.Operations>) =>
    ServiceClient.make<operations.Operations>({
      service: "DynamoDB",
      transport: over,
      rules,
      retry: AwsRetry.none,
      resend: "safe",
      attributes: () => ({}),
      answered: () => ({})
    })
  const clients = { answering: client(answering), refusing: client(refusing) }
  /** The tag that the row's call fails with, and the code that came with it. */
  return (row: Row, name: string) =>
    Effect.suspend(() => {
      answer = answers[name]
      if (answer === undefined) return Effect.die(new Error(`no answer is named ${name}`))
      const { call } = "socket" in answer && answer.socket === "refused" ? clients.refusing : clients.answering
      // the input is that of the row's own operation
      return Effect.flip((call as (row: Row, input: unknown) => ReturnType<typeof call>)(row, inputs[row.name]))
    })
})

describe("witnesses", () => {
  it("stand for exactly the exceptions that are declared", () => {
    assert.deepStrictEqual(
      Object.fromEntries(Object.entries(witnesses).map(([name, byTag]) => [name, Object.keys(byTag).sort()])),
      Object.fromEntries(operations.rows.map((row) => [nameOf(row), declaredBy(row)]))
    )
  })

  it.scopedLive(
    "make the call fail with the tag that they stand for; and no answer makes it fail with one not declared",
    () =>
      Effect.gen(function*() {
        const failureOf = yield* play
        for (const row of operations.rows) {
          const declared = declaredBy(row)
          const tags = new Map<string, string>()
          for (const name of Object.keys(answers)) {
            const { _tag } = yield* failureOf(row, name)
            assert.include(declared, _tag, `${nameOf(row)}, ${name}`)
            tags.set(name, _tag)
          }
          for (const [tag, name] of Object.entries(witnesses[nameOf(row)] ?? {})) {
            assert.strictEqual(tags.get(name), tag, `${nameOf(row)}, ${name}`)
          }
        }
      }),
    60_000
  )

  it("each error that AWS's models declare for an operation has an exception of its own there", () => {
    // a transaction in progress is waited for, and then is a write whose outcome is not known
    const outcomeUnknown = new Set(["InternalServerError", "TransactionInProgressException"])
    const model = new URL("../node_modules/@aws-sdk/client-dynamodb/dist-types/commands/", import.meta.url)
    for (const row of operations.rows) {
      const text = readFileSync(new URL(`${row.name}Command.d.ts`, model), "utf8")
      const codes = [...text.matchAll(/@throws \{@link (\w+)\}/g)].flatMap(([, code]) =>
        code === undefined || code === "DynamoDBServiceException" ? [] : [code]
      )
      assert.isAbove(codes.length, 0, row.name)
      // a statement has a row for reading and one for writing; the model has one for both
      const declared = new Set(operations.rows.filter(({ name }) => name === row.name).flatMap(declaredBy))
      const fields = { operation: row.name }
      for (const code of codes) {
        const rule = rules[code] ?? shared[code]
        const e = rule?.(fields, Wire.serviceFault({ code, message: "", statusCode: 400 }))
        const tag = row.access === "write" && outcomeUnknown.has(code) ? "WriteOutcomeUnknownException" : e?._tag
        assert.isTrue(tag !== undefined && declared.has(tag), `${nameOf(row)}: ${code}`)
      }
    }
  })
})
