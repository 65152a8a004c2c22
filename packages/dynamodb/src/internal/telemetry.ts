/** What a span of a DynamoDB call carries, by OpenTelemetry's conventions for DynamoDB. */
import { asRecord } from "@armature/aws/Classify"

export const attributes = (operation: string, table: string | undefined): Readonly<Record<string, unknown>> => ({
  "db.system.name": "aws.dynamodb",
  "db.operation.name": operation,
  ...(table === undefined ? {} : { "db.collection.name": table })
})

export const answered = (output: unknown): Readonly<Record<string, unknown>> => {
  const { $metadata, ConsumedCapacity, Count, ScannedCount } = asRecord(output)
  const { requestId } = asRecord($metadata)
  return {
    ...(requestId === undefined ? {} : { "aws.request_id": requestId }),
    ...(ConsumedCapacity === undefined ? {} : { "aws.dynamodb.consumed_capacity": JSON.stringify(ConsumedCapacity) }),
    ...(Count === undefined ? {} : { "aws.dynamodb.count": Count }),
    ...(ScannedCount === undefined ? {} : { "aws.dynamodb.scanned_count": ScannedCount })
  }
}
