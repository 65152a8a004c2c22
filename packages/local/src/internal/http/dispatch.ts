/**
 * Which service a request is for, and the answer to it: the endpoint without its socket.
 */
import type { WireFailure } from "@armature/aws/WireFailure"
import * as Effect from "effect/Effect"
import type { Contents } from "../s3/content.js"
import type { Answer, Head } from "./answer.js"
import type { Credential } from "./auth.js"
import * as Control from "./control.js"
import * as JsonProtocol from "./jsonProtocol.js"
import * as Model from "./model.js"
import * as S3Protocol from "./s3/protocol.js"
import * as Route from "./s3/route.js"
import type { Body } from "./server.js"
import { headerOf } from "./signature.js"

export type Send = (operation: string, input: unknown) => Effect.Effect<unknown, WireFailure>

export interface Options {
  readonly now: () => number
  readonly credentials: ReadonlyArray<Credential>
  readonly dynamodb: Send
  readonly kms: Send
  readonly s3: { readonly contents: Contents; readonly send: Send }
  readonly random: () => number
  /** What answers the control path, where there is one. */
  readonly control: Pick<Control.Control, "handle"> | undefined
  readonly onAnswer: (answer: Answer, duration: number) => Effect.Effect<void>
}

/** AWS takes no larger request in its JSON protocols. */
const maxJson = 16 * 1024 * 1024

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/** 52 letters and digits, as DynamoDB writes its request ids. */
export const requestId = (random: () => number): string => {
  let id = ""
  for (let i = 0; i < 52; i++) id += letters[Math.floor(random() * letters.length)] ?? "A"
  return id
}

const healthy: Answer = {
  status: 200,
  headers: { "content-type": "text/plain" },
  body: new TextEncoder().encode("healthy: armature-local\n"),
  log: { service: "-", operation: "health", resources: [], code: undefined }
}

/** AWS's models of the services. The clients are read for them only, and only once something needs them. */
export const models: Effect.Effect<Models> = Effect.promise(async () => {
  const [dynamodb, streams, kms, s3] = await Promise.all([
    import("@aws-sdk/client-dynamodb"),
    import("@aws-sdk/client-dynamodb-streams"),
    import("@aws-sdk/client-kms"),
    import("@aws-sdk/client-s3")
  ])
  return {
    dynamodb: Model.fromSdk(dynamodb),
    streams: Model.fromSdk(streams),
    kms: Model.fromSdk(kms),
    s3: Model.fromSdk(s3)
  }
})

export interface Models {
  readonly dynamodb: Model.ServiceModel
  readonly streams: Model.ServiceModel
  readonly kms: Model.ServiceModel
  readonly s3: Model.ServiceModel
}

const isHealth = (head: Head): boolean =>
  head.method === "GET" && head.path === "/" && head.query.length === 0 && headerOf(head, "authorization") === undefined

/** The JSON services are told by their target, or by what the request says that it holds or is signed for; the rest is S3. */
const isJson = (head: Head): boolean =>
  headerOf(head, "x-amz-target") !== undefined ||
  /^application\/(x-amz-)?json/.test(headerOf(head, "content-type") ?? "") && head.method === "POST" ||
  /\/(dynamodb|kms)\/aws4_request/.test(headerOf(head, "authorization") ?? "")

/** Reads the services' models and gives the function that answers requests. */
export const make = (
  options: Options
): Effect.Effect<(head: Head, body: Body) => Effect.Effect<Answer, WireFailure>> =>
  Effect.map(models, ({ dynamodb, kms, s3, streams }) => {
    const services: ReadonlyArray<JsonProtocol.JsonService> = [
      {
        name: "DynamoDB",
        target: "DynamoDB_20120810",
        version: "1.0",
        namespace: "com.amazonaws.dynamodb.v20120810#",
        model: dynamodb,
        send: options.dynamodb
      },
      {
        name: "DynamoDBStreams",
        target: "DynamoDBStreams_20120810",
        version: "1.0",
        namespace: "com.amazonaws.dynamodb.v20120810#",
        model: streams,
        send: options.dynamodb
      },
      {
        name: "KMS",
        target: "TrentService",
        version: "1.1",
        namespace: undefined,
        model: kms,
        send: options.kms
      }
    ]

    const json = (head: Head, body: Body): Effect.Effect<Answer, WireFailure> =>
      Effect.flatMap(body.collect(maxJson), (bytes) =>
        bytes === undefined
          ? Effect.succeed(JsonProtocol.tooLarge)
          : JsonProtocol.handle(services, head, bytes, { credentials: options.credentials, now: options.now() }))

    const s3Service: S3Protocol.S3Service = {
      routes: Route.routes(s3),
      contents: options.s3.contents,
      send: options.s3.send,
      requestId: () => requestId(options.random).slice(0, 16)
    }
    const rest = (head: Head, body: Body): Effect.Effect<Answer, WireFailure> =>
      S3Protocol.handle(s3Service, head, body, { credentials: options.credentials, now: options.now() })

    return (head, body) =>
      Effect.suspend(() => {
        const started = options.now()
        const answered = isHealth(head)
          ? Effect.succeed(healthy)
          : options.control !== undefined && head.path.startsWith(Control.prefix)
          ? options.control.handle(head, () => body.collect(maxJson))
          : isJson(head)
          ? json(head, body)
          : rest(head, body)
        return Effect.tap(answered, (answer) => options.onAnswer(answer, options.now() - started))
      })
  })
