/** What the tests of the endpoint share: an SDK client that sends once, and a bare HTTP request. */
import { DynamoDBClient } from "@aws-sdk/client-dynamodb"
import type { DynamoDBClientConfig } from "@aws-sdk/client-dynamodb"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Http from "node:http"
import type { Endpoint } from "../../src/Endpoint.js"

export const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI" }

export const dynamodb = (
  endpoint: Endpoint,
  config: DynamoDBClientConfig = {}
): Effect.Effect<DynamoDBClient, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() =>
      new DynamoDBClient({ endpoint: endpoint.url, region: "eu-central-1", credentials, maxAttempts: 1, ...config })
    ),
    (client) => Effect.sync(() => client.destroy())
  )

/** A promise's value, or the error that it was rejected with. */
export const settled = <A>(run: () => Promise<A>): Effect.Effect<A | Failure> =>
  Effect.promise(() => run().catch((error: unknown) => error as Failure))

export interface Failure extends Error {
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string }
  readonly $response?: { readonly headers: Readonly<Record<string, string>> }
  readonly [member: string]: unknown
}

export interface Answered {
  readonly status: number
  readonly headers: Http.IncomingHttpHeaders
  readonly body: Buffer
}

export const signed = {
  "authorization":
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host;x-amz-date, " +
    "Signature=0000000000000000000000000000000000000000000000000000000000000000",
  "x-amz-date": "20260101T000000Z",
  "content-type": "application/x-amz-json-1.0"
}

export interface Sent {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

export const request = (endpoint: Endpoint, sent: Sent): Effect.Effect<Answered> =>
  Effect.async((resume) => {
    const out = Http.request(
      {
        host: endpoint.host,
        port: endpoint.port,
        method: sent.method ?? "POST",
        path: sent.path ?? "/",
        agent: false,
        headers: { "content-length": Buffer.byteLength(sent.body ?? ""), ...sent.headers }
      },
      (response) => {
        const chunks: Array<Buffer> = []
        response.on("data", (chunk: Buffer) => chunks.push(chunk))
        response.on("end", () =>
          resume(Effect.succeed({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks)
          })))
      }
    )
    out.on("error", (error) => resume(Effect.die(error)))
    out.end(sent.body)
  })

export const json = (answered: Answered): Record<string, unknown> =>
  JSON.parse(answered.body.toString("utf8")) as Record<string, unknown>
