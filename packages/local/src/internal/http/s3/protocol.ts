/**
 * REST-XML as S3 speaks it: one request to one operation of the engine, and its output or failure back.
 */
import { serviceFault } from "@armature/aws/WireFailure"
import type { ServiceFault, WireFailure } from "@armature/aws/WireFailure"
import * as Effect from "effect/Effect"
import * as Checksum from "../../s3/checksum.js"
import * as Content from "../../s3/content.js"
import type { Answer, Head } from "../answer.js"
import * as Auth from "../auth.js"
import type { OperationModel } from "../model.js"
import type { Body } from "../server.js"
import { headerOf, unsignedPayload } from "../signature.js"
import * as Bindings from "./bindings.js"
import * as Receive from "./receive.js"
import * as Route from "./route.js"
import * as Signature2 from "./signature2.js"
import * as Xml from "./xml.js"

export interface S3Service {
  readonly routes: ReturnType<typeof Route.routes>
  readonly contents: Content.Contents
  readonly send: (operation: string, input: unknown) => Effect.Effect<unknown, WireFailure>
  readonly requestId: () => string
}

const encoder = new TextEncoder()
const nothing = new Uint8Array(0)

/** More XML than any request of S3 holds: a thousand keys to delete, ten thousand parts to join. */
const maxXml = 8 * 1024 * 1024

const fault = (code: string, message: string, statusCode: number): ServiceFault =>
  serviceFault({ code, message, statusCode })

const authFault = (problem: Auth.Problem): ServiceFault => {
  switch (problem._tag) {
    case "Missing":
      return fault("AccessDenied", "Access Denied", 403)
    case "Both":
      return fault("InvalidArgument", "Only one auth mechanism allowed", 400)
    case "Malformed":
      return problem.kind === "header"
        ? fault("AuthorizationHeaderMalformed", problem.message, 400)
        : fault("AuthorizationQueryParametersError", problem.message, 400)
    case "UnknownKey":
      return fault("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", 403)
    case "BadToken":
      return fault("InvalidToken", "The provided token is malformed or otherwise invalid.", 400)
    case "Skewed":
      return fault(
        "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
        403
      )
    case "UrlExpired":
      return fault("AccessDenied", "Request has expired", 403)
    case "Mismatch":
      return fault(
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
        403
      )
  }
}

interface Context {
  readonly head: Head
  readonly target: Route.Target
  readonly operation: string
  readonly requestId: string
}

const log = ({ operation, target }: Context, code?: string): Answer["log"] => ({
  service: "S3",
  operation,
  resources: target.bucket === undefined ? [] : [target.bucket],
  code
})

/** Members of a failure that S3 sends as headers, since some of its failures have no body. */
const failureHeaders = (detail: Readonly<Record<string, unknown>>): Record<string, string> => {
  const { DeleteMarker, ETag, LastModified, VersionId } = detail
  return {
    ...(DeleteMarker === true ? { "x-amz-delete-marker": "true" } : {}),
    ...(DeleteMarker === true && typeof VersionId === "string" ? { "x-amz-version-id": VersionId } : {}),
    ...(typeof ETag === "string" ? { etag: ETag } : {}),
    ...(LastModified instanceof Date ? { "last-modified": LastModified.toUTCString() } : {})
  }
}

const failed = (context: Context, raised: ServiceFault): Answer => {
  const { code = "InternalError", message, retryAfter, statusCode = 400 } = raised
  const detail = raised.detail ?? {}
  const empty = context.head.method === "HEAD" || statusCode === 304
  const more = Object.entries(detail).flatMap(([name, value]) =>
    typeof value === "string" ? [Xml.element(name, Xml.escape(value))] : []
  )
  const inner = Xml.element("Code", code) + Xml.element("Message", Xml.escape(message)) + more.join("") +
    Xml.element("RequestId", context.requestId)
  const body = empty ? nothing : encoder.encode(Xml.declaration + Xml.element("Error", inner))
  return {
    status: statusCode,
    headers: {
      ...(empty ? {} : { "content-type": "application/xml" }),
      "x-amz-request-id": context.requestId,
      ...(retryAfter === undefined ? {} : { "x-amz-retry-after": String(Math.ceil(retryAfter)) }),
      ...failureHeaders(detail)
    },
    body,
    log: log(context, code)
  }
}

const succeeded = (context: Context, operation: OperationModel, output: unknown): Answer => {
  const { headers, payload, xml } = Bindings.toAnswer(operation.output, output as Bindings.Members)
  const status = operation.http?.[2] ?? 200
  return {
    status: headers["content-range"] === undefined ? status : 206,
    headers: {
      ...(xml === undefined ? {} : { "content-type": "application/xml" }),
      "x-amz-request-id": context.requestId,
      ...headers
    },
    body: xml !== undefined ? encoder.encode(xml) : Content.isContent(payload) ? Content.read(payload) : nothing,
    log: log(context)
  }
}

/**
 * The stated checksums of a body of XML, which S3 verifies and does not keep. One that is a member of the input (of
 * `CompleteMultipartUpload`) is the object's, not the document's.
 */
const xmlChecksums = (head: Head, document: Uint8Array, input: object): ServiceFault | undefined => {
  const stated = Checksum.algorithms.filter((algorithm) => !(Checksum.memberOf(algorithm) in input)).flatMap(
    (algorithm) => {
      const value = headerOf(head, algorithm === "MD5" ? "content-md5" : `x-amz-checksum-${algorithm.toLowerCase()}`)
      return value === undefined ? [] : [[algorithm, value] as const]
    }
  )
  const computed = Checksum.compute(
    Content.of(Content.memory, document),
    stated.map(([algorithm]) => algorithm)
  )
  const wrong = stated.find(([algorithm, value]) => computed.get(algorithm) !== value)
  return wrong && fault("BadDigest", `The ${wrong[0]} you specified did not match the calculated checksum.`, 400)
}

const malformed = fault(
  "MalformedXML",
  "The XML you provided was not well-formed or did not validate against our published schema",
  400
)

/** Gives the whole input, its body read, or what is wrong with it. */
const receive = (
  service: S3Service,
  context: Context,
  operation: OperationModel,
  secret: Secret | undefined,
  body: Body
): Effect.Effect<Record<string, unknown>, WireFailure> =>
  Effect.gen(function*() {
    const { head, target } = context
    const input = yield* Effect.try({
      try: () => Bindings.fromHead(operation.input, head, target),
      catch: (error) =>
        fault("InvalidArgument", error instanceof Bindings.BadValue ? `Invalid argument: ${error.member}` : "", 400)
    })
    const payload = Bindings.payloadOf(operation.input)
    const [member, schema] = payload ?? []
    const streaming = schema !== undefined && !schema.isStructSchema()
    const writer = streaming ? service.contents.writer() : Content.memory.writer()
    let size = 0
    const receiver = Receive.receiver(head, secret, (piece) => {
      size += piece.length
      if (streaming || size <= maxXml) writer.write(piece)
    })
    yield* Effect.onError(body.drain(receiver.write), () => Effect.sync(() => writer.discard()))
    const ended = receiver.end()
    if (Receive.isProblem(ended) || (!streaming && size > maxXml)) {
      writer.discard()
      return yield* Effect.fail(
        Receive.isProblem(ended) ? fault(ended.code, ended.message, ended.status) : malformed
      )
    }
    const content = writer.end()
    if (member === undefined || schema === undefined) return input
    if (!streaming) {
      if (size === 0) return input
      const document = Buffer.concat([...Content.read(content)])
      const value = Bindings.fromXml(schema, member, document.toString("utf8"))
      const wrong = xmlChecksums(head, document, input) ?? (value === undefined ? malformed : undefined)
      return wrong === undefined ? { ...input, [member]: value } : yield* Effect.fail(wrong)
    }
    if (typeof input["ContentEncoding"] === "string" && Receive.isFramed(head)) {
      const kept = input["ContentEncoding"].split(",").map((one) => one.trim()).filter((one) => one !== "aws-chunked")
      input["ContentEncoding"] = kept.length === 0 ? undefined : kept.join(",")
    }
    for (const algorithm of [...Checksum.algorithms, ...Checksum.unavailable]) {
      const trailing = ended.get(`x-amz-checksum-${algorithm.toLowerCase()}`)
      if (trailing !== undefined) input[Checksum.memberOf(algorithm)] = trailing
    }
    return { ...input, [member]: content }
  })

/** What signs the chunks of a body, when it is known. */
type Secret = NonNullable<Parameters<typeof Receive.receiver>[1]>

/** Whether the request may pass: with the secret that it is signed with, if that is known, or what is wrong. */
const authenticate = (
  head: Head,
  target: Route.Target,
  policy: Auth.Policy
): { readonly secret: Secret | undefined } | ServiceFault => {
  const presigned = Signature2.parse(head)
  if (presigned !== undefined) {
    const problem = Signature2.check(head, target, presigned, policy.credentials, policy.now)
    return problem === undefined ? { secret: undefined } : authFault(problem)
  }
  const stated = headerOf(head, "x-amz-content-sha256")
  const checked = Auth.check(head, () => stated ?? unsignedPayload, policy)
  if (checked._tag === "Refused") return authFault(checked.problem)
  const { secret, signature } = checked
  if (signature.kind === "header" && stated === undefined) {
    return fault("InvalidRequest", "Missing required header for this request: x-amz-content-sha256", 400)
  }
  if (signature.kind === "query" && signature.expires === undefined) {
    return fault("AuthorizationQueryParametersError", "X-Amz-Expires is required", 400)
  }
  return { secret: secret === undefined ? undefined : { signature, secret } }
}

/** Answers one request. Fails only with what a fault rule asks of the socket: everything else is an answer. */
export const handle = (
  service: S3Service,
  head: Head,
  body: Body,
  policy: Auth.Policy
): Effect.Effect<Answer, WireFailure> =>
  Effect.suspend(() => {
    const target = Route.targetOf(head)
    const operation = Route.find(service.routes, head, target)
    const context: Context = { head, target, operation: operation?.name ?? "-", requestId: service.requestId() }
    const refuse = (raised: ServiceFault): Effect.Effect<Answer> => Effect.succeed(failed(context, raised))

    const checked = authenticate(head, target, policy)
    if ("code" in checked) return refuse(checked)
    if (operation === undefined) {
      return refuse(fault("MethodNotAllowed", "The specified method is not allowed against this resource.", 405))
    }
    return receive(service, context, operation, checked.secret, body).pipe(
      Effect.flatMap((input) => service.send(operation.name, input)),
      Effect.map((output) => succeeded(context, operation, output)),
      Effect.catchTag("ServiceFault", (raised) => refuse(raised))
    )
  })
