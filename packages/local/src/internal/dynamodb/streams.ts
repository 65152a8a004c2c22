/**
 * ListStreams, DescribeStream, GetShardIterator and GetRecords. A stream has one shard.
 */
import type { Output } from "./items.js"
import * as Members from "./members.js"
import { present, Refusal, resourceNotFound, validation } from "./refusal.js"
import * as Shape from "./shape.js"
import { trim } from "./streamLog.js"
import { encodeItem, sizeOfItem } from "./value.js"
import { type Stream, type StreamRecord, tableName, type World } from "./world.js"

const limit = Shape.whole({ min: 1, max: 100 })
const arn = Shape.required(Shape.text({ min: 37, max: 1024 }))

const sequenceText = (sequence: number): string => "1" + String(sequence).padStart(20, "0")
const sequenceNumber = (text: string): number => Number(text.slice(1))

const shardId = ({ created }: Stream): string => `shardId-${String(created).padStart(20, "0")}-00000001`

const streamOf = (world: World, given: string): Stream => {
  const stream = world.streams.get(given)
  if (stream === undefined) throw resourceNotFound(`Requested resource not found: Stream: ${given} not found`)
  return stream
}

const listShape = Shape.struct({ TableName: Members.index, Limit: limit, ExclusiveStartStreamArn: Shape.text() })

export const listStreams = (world: World, request: unknown): Output => {
  const { ExclusiveStartStreamArn: start, Limit: count = 100, TableName } = Shape.check(listShape, request)
  const all = [...world.streams.values()].filter(({ table }) =>
    TableName === undefined || table === tableName(TableName)
  )
  const from = start === undefined ? 0 : all.findIndex((stream) => stream.arn === start) + 1
  const page = all.slice(from, from + count)
  return {
    Streams: page.map((stream) => ({ StreamArn: stream.arn, TableName: stream.table, StreamLabel: stream.label })),
    ...(from + count < all.length ? { LastEvaluatedStreamArn: page[page.length - 1]?.arn } : {})
  }
}

const describeShape = Shape.struct({ StreamArn: arn, Limit: limit, ExclusiveStartShardId: Shape.text() })

export const describeStream = (world: World, request: unknown): Output => {
  const input = Shape.check(describeShape, request)
  const stream = streamOf(world, input.StreamArn)
  const shard = {
    ShardId: shardId(stream),
    SequenceNumberRange: {
      StartingSequenceNumber: sequenceText(1),
      ...(stream.closed ? { EndingSequenceNumber: sequenceText(stream.nextSequence) } : {})
    }
  }
  return {
    StreamDescription: {
      StreamArn: stream.arn,
      StreamLabel: stream.label,
      StreamStatus: stream.closed ? "DISABLED" : "ENABLED",
      StreamViewType: stream.view,
      CreationRequestDateTime: new Date(stream.created),
      TableName: stream.table,
      KeySchema: stream.keys.map((key) => ({ ...key })),
      Shards: input.ExclusiveStartShardId === shard.ShardId ? [] : [shard]
    }
  }
}

const iteratorShape = Shape.struct({
  StreamArn: arn,
  ShardId: Shape.required(Shape.text({ min: 28, max: 65 })),
  ShardIteratorType: Shape.required(
    Shape.oneOf("TRIM_HORIZON", "LATEST", "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER")
  ),
  SequenceNumber: Shape.text({ min: 21, max: 40 })
})

const firstSequence = (world: World, stream: Stream): number => {
  trim(world, stream)
  return stream.records[0]?.sequence ?? stream.nextSequence
}

const iterator = (world: World, stream: Stream, sequence: number): string =>
  Buffer.from(JSON.stringify([stream.arn, sequence, world.options.now()])).toString("base64")

export const getShardIterator = (world: World, request: unknown): Output => {
  const input = Shape.check(iteratorShape, request)
  const stream = streamOf(world, input.StreamArn)
  if (input.ShardId !== shardId(stream)) {
    throw resourceNotFound("Requested resource not found: Shard does not exist")
  }
  const from = (): number => {
    switch (input.ShardIteratorType) {
      case "TRIM_HORIZON":
        return firstSequence(world, stream)
      case "LATEST":
        return stream.nextSequence
      default: {
        if (input.SequenceNumber === undefined) {
          throw validation("ShardIteratorType AT_SEQUENCE_NUMBER and AFTER_SEQUENCE_NUMBER require a SequenceNumber")
        }
        const at = sequenceNumber(input.SequenceNumber)
        if (!(at >= 1 && at < stream.nextSequence)) throw validation("Invalid SequenceNumber")
        if (at < firstSequence(world, stream)) throw trimmed()
        return input.ShardIteratorType === "AT_SEQUENCE_NUMBER" ? at : at + 1
      }
    }
  }
  return { ShardIterator: iterator(world, stream, from()) }
}

const trimmed = (): Refusal =>
  new Refusal(
    "TrimmedDataAccessException",
    "The operation attempted to read past the oldest stream record in a shard."
  )

const iteratorMs = 15 * 60 * 1000

const decodeIterator = (world: World, text: string): { readonly stream: Stream; readonly sequence: number } => {
  const invalid = () => validation("Invalid ShardIterator")
  let parts: unknown
  try {
    parts = JSON.parse(Buffer.from(text, "base64").toString("utf8"))
  } catch {
    throw invalid()
  }
  if (!Array.isArray(parts)) throw invalid()
  const [given, sequence, at]: ReadonlyArray<unknown> = parts
  if (typeof given !== "string" || typeof sequence !== "number" || typeof at !== "number") throw invalid()
  if (world.options.now() - at > iteratorMs) {
    throw new Refusal("ExpiredIteratorException", "The shard iterator has expired and can no longer be used.")
  }
  return { stream: streamOf(world, given), sequence }
}

const show = (world: World, stream: Stream, record: StreamRecord): Output => {
  const { after, before, key, sequence } = record
  const newImage = stream.view === "NEW_IMAGE" || stream.view === "NEW_AND_OLD_IMAGES" ? after : undefined
  const oldImage = stream.view === "OLD_IMAGE" || stream.view === "NEW_AND_OLD_IMAGES" ? before : undefined
  const images = [key, newImage, oldImage].filter((image) => image !== undefined)
  return {
    eventID: record.id,
    eventName: before === undefined ? "INSERT" : after === undefined ? "REMOVE" : "MODIFY",
    eventVersion: "1.1",
    eventSource: "aws:dynamodb",
    awsRegion: world.region,
    dynamodb: {
      ApproximateCreationDateTime: new Date(Math.floor(record.at / 1000) * 1000),
      Keys: encodeItem(key),
      ...(newImage === undefined ? {} : { NewImage: encodeItem(newImage) }),
      ...(oldImage === undefined ? {} : { OldImage: encodeItem(oldImage) }),
      SequenceNumber: sequenceText(sequence),
      SizeBytes: images.reduce((sum, image) => sum + sizeOfItem(image), 0),
      StreamViewType: stream.view
    },
    ...(record.expired ? { userIdentity: { PrincipalId: "dynamodb.amazonaws.com", Type: "Service" } } : {})
  }
}

const recordsShape = Shape.struct({
  ShardIterator: Shape.required(Shape.text({ min: 1, max: 2048 })),
  Limit: Shape.whole({ min: 1, max: 1000 })
})

const maxPageBytes = 1024 * 1024

export const getRecords = (world: World, request: unknown): Output => {
  const { Limit: count = 1000, ShardIterator } = Shape.check(recordsShape, request)
  const { sequence, stream } = decodeIterator(world, ShardIterator)
  const first = firstSequence(world, stream)
  if (sequence < first) throw trimmed()
  const records: Array<Output> = []
  let next = sequence
  let bytes = 0
  // Sequence numbers are without gaps, so a record stands where its number says.
  for (let i = sequence - first; i < stream.records.length && records.length < count; i++) {
    const record = present(stream.records[i])
    bytes += sizeOfItem(record.before ?? {}) + sizeOfItem(record.after ?? {})
    if (records.length > 0 && bytes > maxPageBytes) break
    records.push(show(world, stream, record))
    next = record.sequence + 1
  }
  const ended = stream.closed && next >= stream.nextSequence
  return { Records: records, ...(ended ? {} : { NextShardIterator: iterator(world, stream, next) }) }
}
