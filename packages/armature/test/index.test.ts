/** The front door has every module of the packages behind it, but those that services are built of. */
import * as Aws from "@armature/aws"
import * as DynamoDB from "@armature/dynamodb"
import * as Kms from "@armature/kms"
import * as Local from "@armature/local"
import * as Model from "@armature/model"
import * as S3 from "@armature/s3"
import { describe, it } from "@effect/vitest"
import { assert } from "vitest"
import * as armature from "../src/index.js"

/** How a module is called here whose name another has. */
const renamed = new Map<unknown, string>([[Model.Expression, "EntityExpression"], [Model.Operation, "EntityOperation"]])

/** What services, engines and policies are built of. */
const inside = [
  "Access",
  "Answer",
  "Classify",
  "DataFolder",
  "DynamoDBEngine",
  "Envelope",
  "KmsEngine",
  "S3Engine",
  "SdkConfig",
  "SdkTransport",
  "ServiceClient",
  "Telemetry",
  "Transport"
]

describe("the front door", () => {
  it("has every module, each as it is in its package", () => {
    const here = new Map(Object.entries(armature))
    const missing = [Aws, DynamoDB, Kms, S3, Local, Model].flatMap((index) => Object.entries<unknown>(index)).filter((
      [name, module]
    ) => here.get(renamed.get(module) ?? name) !== module)
    assert.deepStrictEqual(missing.map(([name]) => name).sort(), inside)
  })
})
