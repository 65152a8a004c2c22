/** Pages as streams: one is asked for when it is needed, and an empty one is not the end. */
import { ValidationException } from "@armature/aws/Exceptions"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Item } from "./items.js"
import type { ItemsOptions, ParallelOptions, ScanProgress } from "./methods.js"

/** What paging reads of a page. */
export interface Page {
  readonly Items?: ReadonlyArray<Item> | undefined
  readonly Count?: number | undefined
  readonly ScannedCount?: number | undefined
  readonly LastEvaluatedKey?: Item | undefined
  readonly ConsumedCapacity?: { readonly CapacityUnits?: number | undefined } | undefined
}

/** What paging reads of a request. */
export interface Request {
  readonly ExclusiveStartKey?: Item | undefined
  readonly Limit?: number | undefined
  readonly FilterExpression?: string | undefined
  readonly QueryFilter?: unknown
  readonly ScanFilter?: unknown
}

/** A page, given the key to start after and what of the request is changed for it. */
export type Fetch<P, E> = (change: Partial<Pick<Request, "ExclusiveStartKey" | "Limit">>) => Effect.Effect<P, E>

const invalid = (operation: string, reason: string) =>
  new ValidationException({ service: "DynamoDB", operation, reason })

const isCount = (n: number, least: number): boolean => Number.isSafeInteger(n) && n >= least

// an empty key, or a null, is what some servers send where there is none; starting after it would start again
const nextOf = ({ LastEvaluatedKey }: Page): Option.Option<Item> =>
  Option.filter(Option.fromNullable(LastEvaluatedKey), (key) => Object.keys(key).length > 0)

export const pages = <P extends Page, E>(request: Request, fetch: Fetch<P, E>): Stream.Stream<P, E> =>
  Stream.paginateEffect(
    request.ExclusiveStartKey,
    (ExclusiveStartKey: Item | undefined) =>
      Effect.map(
        fetch(ExclusiveStartKey === undefined ? {} : { ExclusiveStartKey }),
        (page) => [page, nextOf(page)] as const
      )
  )

const itemsOf = <P extends Page, E>(stream: Stream.Stream<P, E>): Stream.Stream<Item, E> =>
  Stream.mapConcatChunk(stream, (page) => Chunk.unsafeFromArray(page.Items ?? []))

/**
 * The items of all pages, `limit` at most. Where nothing is filtered, no page is asked to be larger than that, so that no more is paid
 * for than is given.
 */
export const items = <P extends Page, E>(
  operation: string,
  request: Request,
  fetch: Fetch<P, E>,
  { limit }: ItemsOptions = {}
): Stream.Stream<Item, E | ValidationException> => {
  if (limit === undefined) return itemsOf(pages(request, fetch))
  if (!isCount(limit, 0)) return Stream.fail(invalid(operation, "`limit` is a whole number, and not negative"))
  const filters = request.FilterExpression ?? request.QueryFilter ?? request.ScanFilter
  const page = filters === undefined ? { Limit: Math.min(limit, request.Limit ?? limit) } : {}
  return Stream.take(itemsOf(pages(request, (change) => fetch({ ...page, ...change }))), limit)
}

export const count = <P extends Page, E>(request: Request, fetch: Fetch<P, E>): Effect.Effect<number, E> =>
  Stream.runFold(pages(request, fetch), 0, (sum, page) => sum + (page.Count ?? 0))

const maxSegments = 1_000_000
const defaultConcurrency = 16

/**
 * The segments of a table, merged as they come. A segment asks for its next page when its last one was taken, so at most one page for
 * each segment that is being read is held, and one between.
 */
export const parallel = <P extends Page, E>(
  options: ParallelOptions,
  fetch: (segment: { readonly Segment: number; readonly TotalSegments: number }) => Fetch<P, E>
): Stream.Stream<Item, E | ValidationException> => {
  const { onProgress, segments } = options
  const concurrency = options.concurrency ?? Math.min(segments, defaultConcurrency)
  if (!isCount(segments, 1) || segments > maxSegments) {
    return Stream.fail(invalid("Scan", `\`segments\` is a whole number from 1 to ${maxSegments}`))
  }
  if (!isCount(concurrency, 1)) {
    return Stream.fail(invalid("Scan", "`concurrency` is a whole number from 1"))
  }
  return Stream.suspend(() => {
    let progress: ScanProgress = { segments, segmentsDone: 0, items: 0, scanned: 0, capacity: 0 }
    const seen = (page: Page) =>
      Effect.suspend(() => {
        progress = {
          segments,
          segmentsDone: progress.segmentsDone + (Option.isNone(nextOf(page)) ? 1 : 0),
          items: progress.items + (page.Count ?? 0),
          scanned: progress.scanned + (page.ScannedCount ?? 0),
          capacity: progress.capacity + (page.ConsumedCapacity?.CapacityUnits ?? 0)
        }
        return onProgress === undefined ? Effect.void : onProgress(progress)
      })
    return Stream.flatMap(
      Stream.range(0, segments - 1),
      (Segment) => itemsOf(Stream.tap(pages({}, fetch({ Segment, TotalSegments: segments })), seen)),
      { concurrency, bufferSize: 1 }
    )
  })
}
