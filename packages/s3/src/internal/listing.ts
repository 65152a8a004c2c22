/** Lists as streams: a page is asked for when it is needed. */
import type * as Sdk from "@aws-sdk/client-s3"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { S3 } from "../S3.js"

type List<Input, Page, E> = (input: Input) => Effect.Effect<Page, E>

/** `next` is what the input has to have for the page behind this one, if there is one. */
const listing = <Input extends object, Page, E>(
  list: List<Input, Page, E>,
  next: (page: Page) => Partial<Input> | undefined
): S3.Listing<Input, Page, E> =>
  Object.assign((input: Input) => list(input), {
    pages: (input: Input) =>
      Stream.paginateEffect(input, (at) =>
        Effect.map(list(at), (page) => {
          const from = next(page)
          return [page, from === undefined ? Option.none<Input>() : Option.some({ ...input, ...from })] as const
        }))
  })

/** All members of all pages. */
const all =
  <Input, Page, E, A>(listing: S3.Listing<Input, Page, E>, members: (page: Page) => Iterable<A> | undefined) =>
  (input: Input): Stream.Stream<A, E> =>
    Stream.flatMap(listing.pages(input), (page) => Stream.fromIterable(members(page) ?? []))

export const buckets = <E>(
  list: List<Sdk.ListBucketsCommandInput, Sdk.ListBucketsCommandOutput, E>
) => {
  const listed = listing(
    list,
    ({ ContinuationToken }) => ContinuationToken === undefined ? undefined : { ContinuationToken }
  )
  const members = all(listed, (page) => page.Buckets)
  return Object.assign((input: Sdk.ListBucketsCommandInput = {}) => list(input), {
    pages: (input: Sdk.ListBucketsCommandInput = {}) => listed.pages(input),
    buckets: (input: Sdk.ListBucketsCommandInput = {}) => members(input)
  })
}

export const objects = <E>(list: List<Sdk.ListObjectsV2CommandInput, Sdk.ListObjectsV2CommandOutput, E>) => {
  const listed = listing(
    list,
    ({ IsTruncated, NextContinuationToken }) =>
      IsTruncated === true && NextContinuationToken !== undefined
        ? { ContinuationToken: NextContinuationToken }
        : undefined
  )
  return Object.assign(listed, { objects: all(listed, (page) => page.Contents) })
}

export const parts = <E>(list: List<Sdk.ListPartsCommandInput, Sdk.ListPartsCommandOutput, E>) => {
  const listed = listing(
    list,
    ({ IsTruncated, NextPartNumberMarker }) =>
      IsTruncated === true && NextPartNumberMarker !== undefined
        ? { PartNumberMarker: NextPartNumberMarker }
        : undefined
  )
  return Object.assign(listed, { parts: all(listed, (page) => page.Parts) })
}

export const uploads = <E>(
  list: List<Sdk.ListMultipartUploadsCommandInput, Sdk.ListMultipartUploadsCommandOutput, E>
) => {
  const listed = listing(
    list,
    ({ IsTruncated, NextKeyMarker, NextUploadIdMarker }) =>
      IsTruncated === true && NextKeyMarker !== undefined
        ? { KeyMarker: NextKeyMarker, UploadIdMarker: NextUploadIdMarker }
        : undefined
  )
  return Object.assign(listed, { uploads: all(listed, (page) => page.Uploads) })
}

export const versions = <E>(
  list: List<Sdk.ListObjectVersionsCommandInput, Sdk.ListObjectVersionsCommandOutput, E>
) =>
  listing(
    list,
    ({ IsTruncated, NextKeyMarker, NextVersionIdMarker }) =>
      IsTruncated === true && NextKeyMarker !== undefined
        ? { KeyMarker: NextKeyMarker, VersionIdMarker: NextVersionIdMarker }
        : undefined
  )
