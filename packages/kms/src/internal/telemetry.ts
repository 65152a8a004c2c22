/** What a span of a KMS call carries, by OpenTelemetry's conventions for AWS. Never the encryption context. */
import { asRecord } from "@armature/aws/Classify"

export const attributes = (operation: string): Readonly<Record<string, unknown>> => ({
  "rpc.system": "aws-api",
  "rpc.service": "KMS",
  "rpc.method": operation
})

export const answered = (output: unknown): Readonly<Record<string, unknown>> => {
  const { requestId } = asRecord(asRecord(output).$metadata)
  return requestId === undefined ? {} : { "aws.request_id": requestId }
}
