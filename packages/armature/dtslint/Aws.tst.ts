import type * as Exceptions from "@armature/aws/Exceptions"
import { Aws, type DynamoDB, type Kms, Local, type LocalDynamoDB, type LocalKms, type LocalS3, type S3 } from "armature"
import * as Config from "effect/Config"
import type { ConfigError } from "effect/ConfigError"
import type * as Layer from "effect/Layer"
import { describe, expect, it } from "tstyche"

type Three = DynamoDB.DynamoDB | Kms.Kms | S3.S3

describe("a program moves between AWS and the services in process by one line", () => {
  it("on AWS", () => {
    expect(Aws.layer({ region: "eu-central-1", s3: { forcePathStyle: true } })).type.toBe<
      Layer.Layer<Three, Exceptions.ConfigurationException>
    >()
    expect(Aws.layerConfig({ region: Config.string("REGION") })).type.toBe<
      Layer.Layer<Three, ConfigError | Exceptions.ConfigurationException>
    >()
    expect(Aws.layer).type.not.toBeCallableWith({ dynamodb: { forcePathStyle: true } })
  })

  it("in process, with what a test can see and do", () => {
    expect(Local.layer({ keys: ["pii"] })).type.toBe<
      Layer.Layer<
        Three | LocalDynamoDB.LocalDynamoDB | LocalKms.LocalKms | LocalS3.LocalS3,
        Exceptions.ConfigurationException
      >
    >()
  })
})
