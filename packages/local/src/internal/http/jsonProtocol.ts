/**
 * AWS JSON 1.0 and 1.1: one request body and one answer body of a service that is told apart by `X-Amz-Target`. Pure but for the
 * service that it hands the decoded input to.
 */
import { serviceFault } from "@armature/aws/WireFailure"
import type { ServiceFault, WireFailure } from "@armature/aws/WireFailure"
import type { NormalizedSchema } from "@smithy/core/schema"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { crc32 } from "node:zlib"
import type { Answer, Head } from "./answer.js"
import * as Auth from "./auth.js"
import * as Json from "./json.js"
import type { ServiceModel } from "./model.js"
import { headerOf, payloadHash } from "./signature.js"

export interface JsonService {
  /** `DynamoDB`, `DynamoDBStreams`, `KMS`: for logs. */
  readonly name: string
  /** The first half of `X-Amz-Target`. */
  readonly target: string
  readonly version: "1.0" | "1.1"
  /** The namespace of declared errors in `__type`; none when the service writes bare names. */
  readonly namespace: string | undefined
  readonly model: ServiceModel
  readonly send: (operation: string, input: unknown) => Effect.Effect<unknown, WireFailure>
}

const encoder = new TextEncoder()

const coral = "com.amazon.coral.service#"

/** The errors of AWS's frame, which no service declares, with the namespace that the frame gives them. */
const frameErrors: Readonly<Record<string, string>> = {
  ValidationException: "com.amazon.coral.validate#",
  ThrottlingException: "com.amazon.coral.availability#",
  SerializationException: coral,
  UnknownOperationException: coral,
  MissingAuthenticationTokenException: coral,
  IncompleteSignatureException: coral,
  InvalidSignatureException: coral,
  UnrecognizedClientException: coral,
  AccessDeniedException: coral,
  ExpiredTokenException: coral
}

const fault = (code: string, message = ""): ServiceFault => serviceFault({ code, message, statusCode: 400 })

const invalidToken = "The security token included in the request is invalid."

const authFault = (problem: Auth.Problem): ServiceFault => {
  switch (problem._tag) {
    case "Missing":
      return fault("MissingAuthenticationTokenException", "Request is missing Authentication Token")
    case "Both":
      return fault(
        "InvalidSignatureException",
        "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."
      )
    case "Malformed":
      return fault("IncompleteSignatureException", problem.message)
    case "UnknownKey":
    case "BadToken":
      return fault("UnrecognizedClientException", invalidToken)
    case "Skewed":
      return fault("InvalidSignatureException", "Signature expired or not yet current: more than 15 minutes off.")
    case "UrlExpired":
      return fault("InvalidSignatureException", "Signature expired: the time that the URL was signed for has passed.")
    case "Mismatch":
      return fault(
        "InvalidSignatureException",
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and " +
          "signing method. Consult the service documentation for details."
      )
  }
}

const answer = (
  service: Pick<JsonService, "name" | "version">,
  operation: string,
  status: number,
  document: unknown,
  log: { readonly resources?: ReadonlyArray<string>; readonly code?: string },
  headers: Readonly<Record<string, string>> = {}
): Answer => {
  const body = encoder.encode(JSON.stringify(document))
  return {
    status,
    headers: {
      "content-type": `application/x-amz-json-${service.version}`,
      "x-amz-crc32": String(crc32(body)),
      ...headers
    },
    body,
    log: { service: service.name, operation, resources: log.resources ?? [], code: log.code }
  }
}

const messageMember = (schema: NormalizedSchema): string => {
  for (const [member] of schema.structIterator()) if (member.toLowerCase() === "message") return member
  return "message"
}

const failure = (
  service: Pick<JsonService, "name" | "version" | "namespace"> & { readonly model?: ServiceModel | undefined },
  operation: string,
  { code = "InternalServerError", message, statusCode = 400, detail, retryAfter }: ServiceFault,
  resources: ReadonlyArray<string> = []
): Answer => {
  const declared = service.model?.errors.get(code)
  const encoded = declared === undefined ? detail : Json.encode(declared, detail ?? {})
  const prefix = service.namespace === undefined ? "" : frameErrors[code] ?? service.namespace
  const key = declared !== undefined
    ? messageMember(declared)
    : code === "SerializationException"
    ? "Message"
    : "message"
  return answer(
    service,
    operation,
    statusCode,
    { __type: prefix + code, ...(message === "" ? {} : { [key]: message }), ...(encoded as object | undefined) },
    { resources, code },
    retryAfter === undefined ? {} : { "x-amz-retry-after": String(Math.ceil(retryAfter)) }
  )
}

/** The answer to a request that no service is known for, in DynamoDB's manner. */
const nowhere = { name: "-", version: "1.0", namespace: coral } as const

/** Bytes that are not even HTTP, or whose target no service has. */
export const unknownOperation: Answer = failure(nowhere, "-", fault("UnknownOperationException"))

/** What the endpoint itself could not do. */
export const internalFailure: Answer = failure(
  nowhere,
  "-",
  serviceFault({ code: "InternalFailure", message: "", statusCode: 500 })
)

/** 413: AWS takes no request above 16 MB. */
export const tooLarge: Answer = failure(
  nowhere,
  "-",
  serviceFault({ code: "RequestEntityTooLargeException", message: "", statusCode: 413 })
)

/** The tables or the key that an input names: fit for a log, since they are no data. */
const resourcesOf = (input: unknown): ReadonlyArray<string> => {
  if (typeof input !== "object" || input === null) return []
  const named = "TableName" in input ? input.TableName : "KeyId" in input ? input.KeyId : undefined
  if (typeof named === "string") return [named]
  const requested = "RequestItems" in input ? input.RequestItems : undefined
  return typeof requested === "object" && requested !== null ? Object.keys(requested) : []
}

const strict = new TextDecoder("utf-8", { fatal: true })

const parse = (body: Uint8Array): Either.Either<unknown, undefined> => {
  try {
    return Either.right(JSON.parse(strict.decode(body)))
  } catch {
    return Either.left(undefined)
  }
}

/** Answers one request. Fails only with what a fault rule asks of the socket: everything else is an answer. */
export const handle = (
  services: ReadonlyArray<JsonService>,
  head: Head,
  body: Uint8Array,
  policy: Auth.Policy
): Effect.Effect<Answer, WireFailure> => {
  const [target, operation = "", ...more] = (headerOf(head, "x-amz-target") ?? "").split(".")
  const service = services.find((one) => one.target === target)
  const document = parse(body)
  if (Either.isLeft(document)) {
    return Effect.succeed(failure(service ?? nowhere, operation || "-", fault("SerializationException")))
  }
  const model = service?.model.operations.get(operation)
  if (service === undefined || model === undefined || more.length > 0) return Effect.succeed(unknownOperation)

  const checked = Auth.check(head, () => payloadHash(body), policy)
  if (checked._tag === "Refused") return Effect.succeed(failure(service, operation, authFault(checked.problem)))

  const input = Json.decode(model.input, document.right)
  if (Either.isLeft(input)) {
    return Effect.succeed(failure(service, operation, fault("SerializationException", input.left.message)))
  }
  const resources = resourcesOf(input.right)
  return service.send(operation, input.right).pipe(
    Effect.map((output) => answer(service, operation, 200, Json.encode(model.output, output), { resources })),
    Effect.catchTag("ServiceFault", (raised) => Effect.succeed(failure(service, operation, raised, resources)))
  )
}
