/**
 * Region, credentials and endpoints by the SDK's own rules: its client resolves them as for a call of its own, and is stopped before it would
 * write one. It is loaded when it is needed; see `directPlain.ts`.
 */
import type { Options } from "@armature/aws/AwsConfig"
import { asRecord } from "@armature/aws/Classify"
import type { ConfigurationException } from "@armature/aws/Exceptions"
import * as SdkConfig from "@armature/aws/SdkConfig"
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Sdk from "./directSdk.js"
import { type Source, toTarget } from "./directTarget.js"

/** A client as a source. It can send nothing from then on. */
export const source = (sdk: typeof Sdk, client: DynamoDBClient, region: string): Source => {
  client.middlewareStack.add(
    (_next, context) => () => {
      const resolved: Parameters<typeof toTarget>[0] = {
        endpoint: context.endpointV2,
        signing: context.authSchemes?.[0]
      }
      return Promise.resolve({ response: undefined, output: { $metadata: {}, armature: resolved } })
    },
    { step: "build", priority: "low", name: "armatureTarget" }
  )
  return {
    region,
    config: client.config,
    endpoint: async (named) => {
      const output: object = typeof named === "object"
        ? await client.send(
          new sdk.BatchGetItemCommand({ RequestItems: Object.fromEntries(named.map((name) => [name, { Keys: [] }])) })
        )
        : await client.send(new sdk.GetItemCommand({ TableName: named, Key: {} }))
      const { endpoint, signing } = asRecord("armature" in output ? output.armature : undefined)
      return toTarget({ endpoint, signing }, region)
    }
  }
}

export const open = (options: Options): Effect.Effect<Source, ConfigurationException, Scope.Scope> =>
  Effect.flatMap(Effect.promise(() => import("./directSdk.js")), (sdk) =>
    Effect.map(
      SdkConfig.open({
        service: "DynamoDB",
        options,
        chain: sdk.defaultProvider,
        client: (config) => new sdk.DynamoDBClient(config)
      }),
      ({ client, region }) => source(sdk, client, region)
    ))
