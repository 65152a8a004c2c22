/**
 * What a table's stream says of its items, as values of an entity or of a collection: the records of DynamoDB Streams and of Kinesis data
 * streams for DynamoDB, as a Lambda function receives them.
 *
 * @since 0.1.0
 */
import { tagged } from "@armature/aws/AwsException"
import type { Item } from "@armature/dynamodb/Item"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { madeByKeys, type Member, memberOf } from "./internal/membership.js"
import * as internal from "./internal/streamRecord.js"
import type * as Table from "./Table.js"

// ---------------------------------------------------------------------------------------------------------------- events

/**
 * A value as DynamoDB JSON, one member of which is there: binary is base64 text, or bytes in a record that an SDK has read.
 *
 * @since 0.1.0
 * @category events
 */
export interface JsonValue {
  readonly S?: string | undefined
  readonly N?: string | undefined
  readonly B?: string | Uint8Array | undefined
  readonly BOOL?: boolean | undefined
  readonly NULL?: boolean | undefined
  readonly M?: JsonItem | undefined
  readonly L?: ReadonlyArray<JsonValue> | undefined
  readonly SS?: ReadonlyArray<string> | undefined
  readonly NS?: ReadonlyArray<string> | undefined
  readonly BS?: ReadonlyArray<string | Uint8Array> | undefined
}

/**
 * An item as DynamoDB JSON.
 *
 * @since 0.1.0
 * @category events
 */
export interface JsonItem {
  readonly [name: string]: JsonValue
}

/**
 * One record of a `DynamoDBStreamEvent`. Only what is read is named: a record of any library's types fits.
 *
 * @since 0.1.0
 * @category events
 */
export interface DynamoDBRecord {
  readonly eventID?: string | undefined
  readonly eventName?: string | undefined
  readonly userIdentity?: unknown
  readonly dynamodb?: {
    /** Seconds since 1970. */
    readonly ApproximateCreationDateTime?: number | Date | undefined
    readonly Keys?: JsonItem | undefined
    readonly NewImage?: JsonItem | undefined
    readonly OldImage?: JsonItem | undefined
    readonly SequenceNumber?: string | undefined
  } | undefined
}

/**
 * What Lambda hands to a function that reads a table's stream.
 *
 * @since 0.1.0
 * @category events
 */
export interface DynamoDBStreamEvent {
  readonly Records: ReadonlyArray<DynamoDBRecord>
}

/**
 * One record of a `KinesisStreamEvent`: `data` is the change as JSON, in base64.
 *
 * @since 0.1.0
 * @category events
 */
export interface KinesisRecord {
  readonly kinesis: {
    readonly data: string | Uint8Array
    readonly sequenceNumber: string
  }
}

/**
 * What Lambda hands to a function that reads a Kinesis data stream.
 *
 * @since 0.1.0
 * @category events
 */
export interface KinesisStreamEvent {
  readonly Records: ReadonlyArray<KinesisRecord>
}

// ---------------------------------------------------------------------------------------------------------------- changes

/**
 * What a table's stream holds of an item, as `Table.Stream` says it. Kinesis always has both images.
 *
 * @since 0.1.0
 * @category models
 */
export type View = Table.Stream

type NewOf<A, V> = V extends "NEW_IMAGE" | "NEW_AND_OLD_IMAGES" ? A : undefined
type OldOf<A, V> = V extends "OLD_IMAGE" | "NEW_AND_OLD_IMAGES" ? A : undefined

/**
 * What all changes have.
 *
 * @since 0.1.0
 * @category models
 */
export interface Common {
  /** Unique for a change of a table. A stream may deliver it more than once. */
  readonly eventId: Option.Option<string>
  /** What a function reports as `itemIdentifier` where it could not handle this record: DynamoDB's, or Kinesis'. */
  readonly sequenceNumber: string
  /** When DynamoDB recorded the change: of a stream of its own to the second. */
  readonly at: Option.Option<DateTime.Utc>
  /** The table's key in wire form. */
  readonly keys: Item
}

/**
 * An item that did not stand there before.
 *
 * @since 0.1.0
 * @category models
 */
export interface Insert<out A, out V = "NEW_AND_OLD_IMAGES"> extends Common {
  readonly _tag: "Insert"
  readonly new: NewOf<A, V>
}

/**
 * An item that became another.
 *
 * @since 0.1.0
 * @category models
 */
export interface Modify<out A, out V = "NEW_AND_OLD_IMAGES"> extends Common {
  readonly _tag: "Modify"
  readonly new: NewOf<A, V>
  readonly old: OldOf<A, V>
}

/**
 * An item that is gone. `expired`: DynamoDB took it away since its time to live was over; always `false` where another entity's item took
 * its place.
 *
 * @since 0.1.0
 * @category models
 */
export interface Remove<out A, out V = "NEW_AND_OLD_IMAGES"> extends Common {
  readonly _tag: "Remove"
  readonly old: OldOf<A, V>
  readonly expired: boolean
}

/**
 * A change of an item, with the images that the stream's view has.
 *
 * @since 0.1.0
 * @category models
 */
export type Change<A, V = "NEW_AND_OLD_IMAGES"> = Insert<A, V> | Modify<A, V> | Remove<A, V>

/**
 * What images are decoded as: an entity or a collection.
 *
 * @since 0.1.0
 * @category models
 */
export interface Source<out A, out E, out R> {
  /** Opens and decodes an item in wire form. */
  readonly decode: (item: Item) => Effect.Effect<A, E, R>
  /** The entity, or the entities of the collection, as they are compiled: what tells their items from others. */
  readonly plan: Member | ReadonlyArray<Member>
}

/**
 * The record is none that a table's stream has, or lacks the image that was asked for. `path` leads to what is wrong.
 *
 * @since 0.1.0
 * @category exceptions
 */
export class StreamRecordException extends tagged("StreamRecordException")<{
  readonly path: ReadonlyArray<string | number>
  readonly reason: string
}>({
  says: (e) => `the stream's record ${e.path.length === 0 ? "" : `at ${e.path.join(".")} `}${e.reason}`,
  printed: ["path", "reason"]
}) {}

const refused = ({ path, reason }: internal.Fault): StreamRecordException => new StreamRecordException({ path, reason })

// ---------------------------------------------------------------------------------------------------------------- decoding

/**
 * An image of a stream's record, opened and decoded. What is sealed or in S3 is opened by the image's own keys.
 *
 * A value in S3 is fetched when it is read, and is gone once the item was changed and its object deleted: read it soon, or retain objects.
 *
 * @since 0.1.0
 * @category decoding
 */
export const decodeImage = <A, E, R>(
  source: Source<A, E, R>,
  image: JsonItem
): Effect.Effect<A, E | StreamRecordException, R> =>
  Effect.flatMap(Either.mapLeft(internal.parseImage(image), refused), (item) => source.decode(item))

/**
 * A record as a change of the source's items; none where it is about another entity's. An item that took another entity's place is an
 * `Insert`, and one whose place another entity's took a `Remove`.
 *
 * `view` is what the stream holds, both images by default: the images that it has are there, and a record without them is a
 * `StreamRecordException`. Of `KEYS_ONLY` an item is the source's if its keys are made as the source makes them.
 *
 * @example
 * ```ts
 * import * as Entity from "@armature/model/Entity"
 * import { key } from "@armature/model/Key"
 * import * as StreamImage from "@armature/model/StreamImage"
 * import * as Table from "@armature/model/Table"
 * import * as Effect from "effect/Effect"
 * import * as Option from "effect/Option"
 * import * as Schema from "effect/Schema"
 *
 * class Order extends Schema.Class<Order>("Order")({ id: Schema.String, total: Schema.Number }) {}
 * const App = Table.make("app", { key: ["pk", "sk"], stream: "NEW_AND_OLD_IMAGES" })
 * const Orders = Entity.make(App, Order, { primary: { pk: key`ORDER#${"id"}`, sk: key`ORDER` } })
 *
 * export const handle = (event: StreamImage.DynamoDBStreamEvent) =>
 *   Effect.forEach(event.Records, (record) =>
 *     Effect.map(StreamImage.decodeRecord(Orders, record), Option.match({
 *       onNone: () => 0,
 *       onSome: (change) => change._tag === "Modify" ? change.new.total - change.old.total : 0
 *     })))
 * ```
 *
 * @since 0.1.0
 * @category decoding
 */
export const decodeRecord = <A, E, R, const V extends View = "NEW_AND_OLD_IMAGES">(
  source: Source<A, E, R>,
  record: DynamoDBRecord | KinesisRecord,
  options?: { readonly view?: V | undefined }
): Effect.Effect<Option.Option<Change<A, V>>, E | StreamRecordException, R> =>
  Effect.flatMap(Either.mapLeft(internal.parseRecord(record), refused), (parsed) => {
    const view: View = options?.view ?? "NEW_AND_OLD_IMAGES"
    // what the view has is what the types of a change say
    return decodeParsed(source, parsed, view) as Effect.Effect<
      Option.Option<Change<A, V>>,
      E | StreamRecordException,
      R
    >
  })

interface Images {
  readonly new: Item | undefined
  readonly old: Item | undefined
}

/** The images that the view has of such an event; undefined ones that it should have are a fault. */
const imagesOf = (parsed: internal.Parsed, view: View): Either.Either<Images, StreamRecordException> => {
  const image = (name: "NewImage" | "OldImage", item: Item | undefined, there: boolean) =>
    !there
      ? Either.right(undefined)
      : item === undefined
      ? Either.left(refused({ path: ["dynamodb", name], reason: "is missing" }))
      // a stream repeats the keys in the image; what is sealed is bound to them
      : Either.right({ ...item, ...parsed.keys })
  const both = view === "NEW_AND_OLD_IMAGES"
  return Either.all({
    new: image("NewImage", parsed.new, (both || view === "NEW_IMAGE") && parsed.event !== "Remove"),
    old: image("OldImage", parsed.old, (both || view === "OLD_IMAGE") && parsed.event !== "Insert")
  })
}

const decodeParsed = <A, E, R>(source: Source<A, E, R>, parsed: internal.Parsed, view: View) =>
  Effect.flatMap(imagesOf(parsed, view), (images) => {
    const members = [source.plan].flat()
    const common: Common = {
      eventId: Option.fromNullable(parsed.eventId),
      sequenceNumber: parsed.sequenceNumber,
      at: parsed.at === undefined ? Option.none() : Option.some(DateTime.unsafeMake(parsed.at)),
      keys: parsed.keys
    }
    const own = (item: Item | undefined) =>
      item !== undefined && memberOf(members, item) !== undefined ? item : undefined
    const after = own(images.new)
    const before = own(images.old)
    // of the images that there are, none is of the source; without any, the keys tell
    const none = images.new === undefined && images.old === undefined
      ? !members.some((member) => madeByKeys(member, parsed.keys))
      : after === undefined && before === undefined
    if (none) return Effect.succeedNone
    const event = images.new === undefined || images.old === undefined
      ? parsed.event
      : before === undefined
      ? "Insert"
      : after === undefined
      ? "Remove"
      : "Modify"
    const decode = (item: Item | undefined) => item === undefined ? Effect.succeed(undefined) : source.decode(item)
    return Effect.map(
      Effect.all([event === "Remove" ? Effect.succeed(undefined) : decode(after), decode(before)]),
      ([made, was]) =>
        Option.some(
          event === "Insert"
            ? { ...common, _tag: event, new: made }
            : event === "Modify"
            ? { ...common, _tag: event, new: made, old: was }
            : { ...common, _tag: event, old: was, expired: parsed.expired }
        )
    )
  })
