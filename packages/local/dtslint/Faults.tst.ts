import type * as DynamoDB from "@armature/dynamodb/DynamoDB"
import type * as Kms from "@armature/kms/Kms"
import * as Faults from "@armature/local/Faults"
import type * as Sdk from "@aws-sdk/client-s3"
import { describe, expect, it } from "tstyche"

type Rule = Faults.Rule<DynamoDB.Operations>
interface S3 {
  readonly GetObject: { readonly input: Sdk.GetObjectCommandInput; readonly output: Sdk.GetObjectCommandOutput }
  readonly ListObjectsV2: {
    readonly input: Sdk.ListObjectsV2CommandInput
    readonly output: Sdk.ListObjectsV2CommandOutput
  }
}

const failure = Faults.throttled()
const id = { id: { S: "1" } }

declare const rule: <R extends Rule>(rule: R) => void
declare const kms: <R extends Faults.Rule<Kms.Operations>>(rule: R) => void
declare const s3: <R extends Faults.Rule<S3>>(rule: R) => void

describe("a rule that could never fire does not compile:", () => {
  it("an operation that is none", () => {
    expect(rule).type.toBeCallableWith({ operation: "PutItem" as const, failure })
    expect(rule).type.not.toBeCallableWith({ operation: "PutItm" as const, failure })
    expect(kms).type.not.toBeCallableWith({ operation: "PutItem" as const, failure })
  })

  it("what the operation cannot name", () => {
    expect(rule).type.toBeCallableWith({ operation: "GetItem" as const, table: "t", key: id, failure })
    expect(rule).type.toBeCallableWith({ operation: "Query" as const, table: "t", index: "i", failure })
    expect(rule).type.toBeCallableWith({ operation: "TransactWriteItems" as const, table: "t", key: id, failure })
    expect(rule).type.not.toBeCallableWith({ operation: "ListTables" as const, table: "t", failure })
    expect(rule).type.not.toBeCallableWith({ operation: "GetItem" as const, index: "i", failure })
    expect(rule).type.not.toBeCallableWith({ operation: "Query" as const, key: id, failure })
    expect(rule).type.not.toBeCallableWith({ operation: "GetItem" as const, bucket: "b", failure })
    expect(rule).type.not.toBeCallableWith({ operation: "GetItem" as const, keyId: "k", failure })
    expect(kms).type.toBeCallableWith({ operation: "Decrypt" as const, keyId: "k", failure })
    expect(kms).type.not.toBeCallableWith({ operation: "Decrypt" as const, table: "t", failure })
    expect(s3).type.toBeCallableWith({ operation: "GetObject" as const, bucket: "b", object: "o", failure })
    expect(s3).type.not.toBeCallableWith({ operation: "ListObjectsV2" as const, object: "o", failure })
    expect(s3).type.not.toBeCallableWith({ operation: "GetObject" as const, key: id, failure })
  })

  it("members of no batch, pages of what has none, conflicts of no transaction, bodies of no object", () => {
    expect(rule).type.toBeCallableWith({ operation: "BatchWriteItem" as const, unprocessed: [1] })
    expect(rule).type.not.toBeCallableWith({ operation: "PutItem" as const, unprocessed: [1] })
    expect(rule).type.toBeCallableWith({ operation: "ListTables" as const, page: 1 })
    expect(rule).type.toBeCallableWith({ operation: "Scan" as const, page: "empty" as const })
    expect(rule).type.not.toBeCallableWith({ operation: "ListTables" as const, page: "empty" as const })
    expect(rule).type.not.toBeCallableWith({ operation: "GetItem" as const, page: 1 })
    expect(rule).type.toBeCallableWith({ operation: "ExecuteTransaction" as const, conflict: 0 })
    expect(rule).type.not.toBeCallableWith({ operation: "BatchWriteItem" as const, conflict: 0 })
    expect(s3).type.toBeCallableWith({ operation: "GetObject" as const, body: "corrupt" as const })
    expect(s3).type.toBeCallableWith({ operation: "ListObjectsV2" as const, page: 1 })
    expect(s3).type.not.toBeCallableWith({ operation: "ListObjectsV2" as const, body: "corrupt" as const })
    expect(rule).type.toBeCallableWith({ operation: "Query" as const, index: "i", stale: "1 second" as const })
    expect(rule).type.not.toBeCallableWith({ operation: "TransactGetItems" as const, stale: "1 second" as const })
    expect(rule).type.not.toBeCallableWith({ operation: "Scan" as const, page: 1, stale: "1 second" as const })
    expect(s3).type.not.toBeCallableWith({ operation: "GetObject" as const, stale: "1 second" as const })
  })

  it("one thing happens to a request, and only what is not answered has an effect of its own", () => {
    expect(rule).type.not.toBeCallableWith({ operation: "Scan" as const })
    expect(rule).type.not.toBeCallableWith({ operation: "Scan" as const, page: 1, failure })
    expect(rule).type.not.toBeCallableWith({ operation: "BatchWriteItem" as const, unprocessed: 1, failure })
    expect(rule).type.toBeCallableWith({ operation: "Scan" as const, page: 1, latency: "1 second" as const })
    expect(rule).type.toBeCallableWith({ operation: "PutItem" as const, hang: true as const, effect: "after" as const })
    expect(rule).type.not.toBeCallableWith({ operation: "Scan" as const, page: 1, effect: "after" as const })
  })
})
