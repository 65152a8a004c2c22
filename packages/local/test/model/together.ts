/** What the tests of batches, transactions and loaders share. */
import * as Faults from "@armature/local/Faults"
import * as LocalDynamoDB from "@armature/local/LocalDynamoDB"
import * as Attribute from "@armature/model/Attribute"
import * as Entity from "@armature/model/Entity"
import { key } from "@armature/model/Key"
import * as Stored from "@armature/model/Stored"
import * as Table from "@armature/model/Table"
import * as S3 from "@armature/s3/S3"
import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { assert } from "vitest"
import { App, type World, world } from "./shop.js"

export class User extends Schema.Class<User>("User")({ id: Schema.String, name: Schema.String, n: Schema.Number }) {}

export const Users = Entity.make(App, User, { primary: { pk: key`USER#${"id"}`, sk: key`USER` } })

export const user = (id: string, n = 0) => new User({ id, name: `marked-${id}`, n })

/** A table of its own, whose key is a number. */
export const Numbers = Table.make("numbers", { key: ["n"], keyTypes: { n: "N" } })

export class Counter extends Schema.Class<Counter>("Counter")({ n: Schema.Number, text: Schema.String }) {}

export const Counters = Entity.make(Numbers, Counter, { primary: { pk: key.attribute("n") } })

export const counter = (n: number) => new Counter({ n, text: `marked-${n}` })

/** Something sealed, and something in S3. */
export class Person extends Schema.Class<Person>("Person")({
  id: Schema.String,
  ssn: Attribute.encrypted(Schema.String),
  photo: Attribute.offloaded(Schema.Uint8ArrayFromSelf, { prefix: "photos/" })
}) {}

export const Persons = Entity.make(App, Person, { primary: { pk: key`PERSON#${"id"}`, sk: key`PERSON` } })

export const person = (id: string) => new Person({ id, ssn: "marked-ssn", photo: Stored.of(new Uint8Array([1, 2, 3])) })

export const test = (what: string, body: () => Effect.Effect<void, unknown, World | Scope.Scope>) =>
  it.scopedLive(what, () => Effect.suspend(body).pipe(Effect.provide(world)))

/** The same at a time that the test sets. */
export const timed = (what: string, body: () => Effect.Effect<void, unknown, World | Scope.Scope>, timeout?: number) =>
  it.scoped(what, () => Effect.suspend(body).pipe(Effect.provide(world)), timeout)

/** How many requests of an operation there were. */
export const sent = (operation: string) =>
  Effect.flatMap(
    LocalDynamoDB.LocalDynamoDB,
    (local) => Effect.map(local.calls, (calls) => calls.filter((call) => call.operation === operation).length)
  )

/** How many objects are in S3. */
export const objects = Effect.flatMap(S3.S3, (s3) =>
  Effect.map(
    s3.listObjectsV2({ Bucket: "files", Prefix: "photos/" }),
    // the marker says whose values these are
    ({ Contents = [] }) => Contents.filter(({ Size }) => Size === 3).length
  ))

export const lost = (operation: "BatchWriteItem" | "TransactWriteItems", effect: "before" | "after" = "after") =>
  LocalDynamoDB.withFaults([{ operation, failure: Faults.connectionReset, effect }])

export const denied = (operation: "BatchWriteItem" | "BatchGetItem" | "TransactWriteItems") =>
  LocalDynamoDB.withFaults([{ operation, failure: Faults.accessDenied }])

/** The failure, of the one kind that is expected. */
export const failure = <Tag extends E extends { readonly _tag: string } ? E["_tag"] : never, A, E, R>(
  effect: Effect.Effect<A, E, R>,
  tag: Tag
): Effect.Effect<Extract<E, { readonly _tag: Tag }>, A, R> =>
  Effect.map(Effect.flip(effect), (e) => {
    assert.strictEqual((e as { readonly _tag?: unknown })._tag, tag)
    // it has the tag
    return e as Extract<E, { readonly _tag: Tag }>
  })
