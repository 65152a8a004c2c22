/** S3's client and commands of the AWS SDK: the only module that loads them. */
import type { ClientConfig, Senders } from "@armature/aws/SdkTransport"
import type { Transport } from "@armature/aws/Transport"
import * as Sdk from "@aws-sdk/client-s3"
import { getSignedUrl } from "@aws-sdk/s3-request-presigner"
import { Readable } from "node:stream"
import type { Operations, Presign, PresignRequest, RequestBody, S3Port } from "./port.js"
import { responseBody } from "./response.js"

/** What the client does beside the port's operations: signing a URL sends nothing, but it needs the same configuration and credentials. */
export interface SdkOperations extends Operations {
  readonly Presign: { readonly input: Presign; readonly output: string }
}

const nothing = (): void => undefined

/** Else the SDK writes to the console of streams that cannot be sent again, which the driver does where it may. */
const silent = { debug: nothing, error: nothing, info: nothing, trace: nothing, warn: nothing }

export const client = (forcePathStyle: boolean | undefined) => (config: ClientConfig): Sdk.S3Client =>
  new Sdk.S3Client({ ...config, logger: silent, forcePathStyle: forcePathStyle ?? config.endpoint !== undefined })

/** Sends a body as the SDK on Node takes it, and lets go of it however the request ends. */
const withBody = async <Output>(
  body: RequestBody | undefined,
  send: (body: { readonly Body: string | Uint8Array | Readable }) => Promise<Output>
): Promise<Output> => {
  if (body === undefined || typeof body === "string" || body instanceof Uint8Array) return send({ Body: body ?? "" })
  const readable = Readable.from(body, { objectMode: false })
  try {
    return await send({ Body: readable })
  } finally {
    readable.destroy()
  }
}

const commandOf = (request: PresignRequest): Sdk.GetObjectCommand | Sdk.PutObjectCommand =>
  request.operation === "GetObject" ? new Sdk.GetObjectCommand(request.input) : new Sdk.PutObjectCommand(request.input)

/** `idle`: milliseconds between two pieces of a body that is read. */
export const senders = (idle: number): Senders<SdkOperations, Sdk.S3Client> => ({
  AbortMultipartUpload: (client, input, options) => client.send(new Sdk.AbortMultipartUploadCommand(input), options),
  CompleteMultipartUpload: (client, input, options) =>
    client.send(new Sdk.CompleteMultipartUploadCommand(input), options),
  CopyObject: (client, input, options) => client.send(new Sdk.CopyObjectCommand(input), options),
  CreateBucket: (client, input, options) => client.send(new Sdk.CreateBucketCommand(input), options),
  CreateMultipartUpload: (client, input, options) => client.send(new Sdk.CreateMultipartUploadCommand(input), options),
  DeleteBucket: (client, input, options) => client.send(new Sdk.DeleteBucketCommand(input), options),
  DeleteObject: (client, input, options) => client.send(new Sdk.DeleteObjectCommand(input), options),
  DeleteObjects: (client, input, options) => client.send(new Sdk.DeleteObjectsCommand(input), options),
  GetObject: (client, input, options) =>
    client.send(new Sdk.GetObjectCommand(input), options).then((output) => ({
      ...output,
      Body: responseBody(output.Body, idle)
    })),
  HeadBucket: (client, input, options) => client.send(new Sdk.HeadBucketCommand(input), options),
  HeadObject: (client, input, options) => client.send(new Sdk.HeadObjectCommand(input), options),
  ListBuckets: (client, input, options) => client.send(new Sdk.ListBucketsCommand(input), options),
  ListMultipartUploads: (client, input, options) => client.send(new Sdk.ListMultipartUploadsCommand(input), options),
  ListObjectVersions: (client, input, options) => client.send(new Sdk.ListObjectVersionsCommand(input), options),
  ListObjectsV2: (client, input, options) => client.send(new Sdk.ListObjectsV2Command(input), options),
  ListParts: (client, input, options) => client.send(new Sdk.ListPartsCommand(input), options),
  Presign: (client, { at, expiresIn, request }) =>
    getSignedUrl(client, commandOf(request), { expiresIn, signingDate: new Date(at) }),
  PutObject: (client, { Body, ...input }, options) =>
    withBody(Body, (body) => client.send(new Sdk.PutObjectCommand({ ...input, ...body }), options)),
  UploadPart: (client, { Body, ...input }, options) =>
    withBody(Body, (body) => client.send(new Sdk.UploadPartCommand({ ...input, ...body }), options)),
  UploadPartCopy: (client, input, options) => client.send(new Sdk.UploadPartCopyCommand(input), options)
})

/** The port over a transport of the client. */
export const port = (transport: Transport<SdkOperations>): S3Port => ({
  info: transport.info,
  send: transport.send,
  presign: (presign) => transport.send("Presign", presign)
})
