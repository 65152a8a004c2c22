/**
 * Streams: the log of a table's changes.
 */
import { keyAttributes } from "./keys.js"
import { resourceInUse, validation } from "./refusal.js"
import * as Shape from "./shape.js"
import type { StreamView, Table } from "./table.js"
import { equalItems, type Item } from "./value.js"
import * as wording from "./wording/table.js"
import type { Stream, World } from "./world.js"

export const streamShape = Shape.struct({
  StreamEnabled: Shape.required(Shape.flag),
  StreamViewType: Shape.oneOf("NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY")
})

export interface StreamInput {
  readonly StreamEnabled: boolean
  readonly StreamViewType?: StreamView | undefined
}

/** The view that is asked for; `undefined` for no stream. */
export const wantedView = ({ StreamEnabled, StreamViewType }: StreamInput): StreamView | undefined => {
  if (StreamEnabled && StreamViewType === undefined) throw validation(wording.streamView)
  if (!StreamEnabled && StreamViewType !== undefined) throw validation(wording.streamViewUnwanted)
  return StreamViewType
}

const streamOf = (world: World, table: Table): Stream | undefined => {
  const { arn, stream } = table.definition
  return stream === undefined ? undefined : world.streams.get(`${arn}/stream/${stream.label}`)
}

export const openStream = (world: World, table: Table, view: StreamView): void => {
  if (table.definition.stream !== undefined) throw resourceInUse(wording.streamEnabled(table.name))
  const at = world.options.now()
  const { arn, schema } = table.definition
  // A label is the time of its making; two of one table within a millisecond are told apart by moving on.
  let time = at
  let label = ""
  do label = new Date(time++).toISOString().slice(0, -1)
  while (world.streams.has(`${arn}/stream/${label}`))
  table.definition = { ...table.definition, stream: { label, view } }
  world.streams.set(`${arn}/stream/${label}`, {
    arn: `${arn}/stream/${label}`,
    label,
    table: table.name,
    view,
    keys: keyAttributes(schema).map(({ name }, i) => ({ AttributeName: name, KeyType: i === 0 ? "HASH" : "RANGE" })),
    created: at,
    closed: false,
    nextSequence: 1,
    records: []
  })
}

export const closeStream = (world: World, table: Table): void => {
  const stream = streamOf(world, table)
  if (stream !== undefined) stream.closed = true
  table.definition = { ...table.definition, stream: undefined }
}

const keptMs = 24 * 60 * 60 * 1000

/** Forgets records of more than 24 hours ago. */
export const trim = (world: World, stream: Stream): void => {
  const oldest = world.options.now() - keptMs
  if (stream.records[0] === undefined || stream.records[0].at >= oldest) return
  const kept = stream.records.findIndex(({ at }) => at >= oldest)
  stream.records = kept < 0 ? [] : stream.records.slice(kept)
}

/** Records a change in the table's stream, if it has one and something changed. */
export const record = (world: World, table: Table, before: Item | undefined, after: Item | undefined): void => {
  const stream = streamOf(world, table)
  const item = after ?? before
  if (stream === undefined || item === undefined) return
  if (before !== undefined && after !== undefined && equalItems(before, after)) return
  trim(world, stream)
  const sequence = stream.nextSequence++
  stream.records.push({
    sequence,
    id: `${stream.label}-${sequence}`,
    at: world.options.now(),
    key: table.keyOf(item),
    before,
    after,
    expired: world.sweeping
  })
}
