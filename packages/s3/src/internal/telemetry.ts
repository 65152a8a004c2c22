/** What a span of an S3 call carries, by OpenTelemetry's conventions for AWS. Never an object's key, which may be data. */
import { asRecord } from "@armature/aws/Classify"

export const attributes = (operation: string, bucket: string | undefined): Readonly<Record<string, unknown>> => ({
  "rpc.system": "aws-api",
  "rpc.service": "S3",
  "rpc.method": operation,
  ...(bucket === undefined ? {} : { "aws.s3.bucket": bucket })
})

export const answered = (output: unknown): Readonly<Record<string, unknown>> => {
  const { requestId } = asRecord(asRecord(output).$metadata)
  return requestId === undefined ? {} : { "aws.request_id": requestId }
}
