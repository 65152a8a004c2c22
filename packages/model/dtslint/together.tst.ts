import type {
  SerializationException,
  ServiceException,
  ThrottlingException,
  ValidationException
} from "@armature/aws/Exceptions"
import type * as DynamoDB from "@armature/dynamodb/DynamoDB"
import type {
  ItemCollectionSizeLimitExceededException,
  ItemTooLargeException,
  ProvisionedThroughputExceededException,
  TransactionConflictException,
  UnprocessedException
} from "@armature/dynamodb/DynamoDBException"
import type { Decryptor } from "@armature/kms/Decryptor"
import type { EncryptionError } from "@armature/kms/EncryptionException"
import type { Encryptor } from "@armature/kms/Encryptor"
import * as Attribute from "@armature/model/Attribute"
import { batch, type Member } from "@armature/model/Batch"
import * as Entity from "@armature/model/Entity"
import type {
  ConditionalCheckFailedException,
  ItemNotFoundException,
  TransactionCanceledException
} from "@armature/model/EntityException"
import { key } from "@armature/model/Key"
import * as Loader from "@armature/model/Loader"
import * as Repository from "@armature/model/Repository"
import * as Table from "@armature/model/Table"
import { transact, transactGet } from "@armature/model/Transact"
import type { Blobs } from "@armature/s3/Blobs"
import type { S3AttributeException } from "@armature/s3/S3AttributeException"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { describe, expect, it } from "tstyche"

const App = Table.make("app", { key: ["pk", "sk"] })

class User extends Schema.Class<User>("User")({ id: Schema.String, name: Schema.String, n: Schema.Number }) {}
const Users = Entity.make(App, User, { primary: { pk: key`USER#${"id"}`, sk: key`USER` } })

class Person extends Schema.Class<Person>("Person")({
  id: Schema.String,
  name: Schema.String,
  ssn: Attribute.encrypted(Schema.String),
  photo: Attribute.offloaded(Schema.Uint8ArrayFromSelf, { prefix: "photos/" })
}) {}
const Persons = Entity.make(App, Person, { primary: { pk: key`PERSON#${"id"}`, sk: key`PERSON` } })

class Account extends Schema.Class<Account>("Account")({
  id: Schema.String,
  balance: Schema.Number,
  version: Attribute.Version
}) {}
const Accounts = Entity.make(App, Account, { primary: { pk: key`ACCOUNT#${"id"}`, sk: key`ACCOUNT` } })

declare const contextOf: <R>(effect: Effect.Effect<unknown, unknown, R>) => R
declare const successOf: <A>(effect: Effect.Effect<A, unknown, unknown>) => A
declare const user: User
declare const person: Person
declare const account: Account
const k = { id: "1" }

type Own<E, Tag> = Exclude<E, { readonly _tag: Tag }>
type ReadError = Own<DynamoDB.BatchGetItemError, "UnprocessedException">
type WriteError = Own<DynamoDB.BatchWriteItemError, "UnprocessedException">
type TransactError = Own<DynamoDB.TransactWriteItemsError, "TransactionCanceledException">
type TransactGetError = Own<DynamoDB.TransactGetItemsError, "TransactionCanceledException">
type ReadReason =
  | ProvisionedThroughputExceededException
  | ServiceException
  | ThrottlingException
  | TransactionConflictException
  | ValidationException
type WriteReason = ReadReason | ItemCollectionSizeLimitExceededException

describe("batch", () => {
  it("of reads gives and fails with what each of them does", () => {
    const get = Users.get(k)
    const sealed = Persons.require(k)
    expect(batch([get, sealed])).type.toBe<
      Effect.Effect<
        readonly [Option.Option<User>, Person],
        | ReadError
        | SerializationException
        | EncryptionError
        | ItemNotFoundException
        | UnprocessedException<
          ReadonlyArray<typeof get | typeof sealed>,
          readonly [Option.Option<Option.Option<User>>, Option.Option<Person>]
        >,
        DynamoDB.DynamoDB | Decryptor
      >
    >()
  })
  it("of what is picked needs what that does", () => {
    const pick = Persons.pick(k, ["name"])
    expect(batch({ pick })).type.toBe<
      Effect.Effect<
        { readonly pick: Option.Option<Pick<Person, "name">> },
        | ReadError
        | SerializationException
        | UnprocessedException<
          ReadonlyArray<typeof pick>,
          { readonly pick: Option.Option<Option.Option<Pick<Person, "name">>> }
        >,
        DynamoDB.DynamoDB
      >
    >()
  })
  it("of writes cannot fail as a read does, and opens nothing", () => {
    const put = Persons.put(person)
    const gone = Users.delete(k)
    expect(batch({ put, gone })).type.toBe<
      Effect.Effect<
        { readonly put: void; readonly gone: void },
        | WriteError
        | SerializationException
        | ItemTooLargeException
        | EncryptionError
        | S3AttributeException
        | UnprocessedException<
          ReadonlyArray<typeof put | typeof gone>,
          { readonly put: Option.Option<void>; readonly gone: Option.Option<void> }
        >,
        DynamoDB.DynamoDB | Encryptor | Blobs
      >
    >()
  })
  it("takes an array of any length, and what it left over", () => {
    const get = ({ id }: User) => Users.get({ id })
    const many = batch([user].map(get))
    expect(many).type.toBe<
      Effect.Effect<
        ReadonlyArray<Option.Option<User>>,
        | ReadError
        | SerializationException
        | UnprocessedException<
          ReadonlyArray<ReturnType<typeof get>>,
          ReadonlyArray<Option.Option<Option.Option<User>>>
        >,
        DynamoDB.DynamoDB
      >
    >()
    expect(many.pipe(Effect.catchTag("UnprocessedException", (e) => batch(e.unprocessed)))).type.toBe<typeof many>()
  })
  it("takes no condition, no version, no return value, no update, and nothing that is piped, and says why", () => {
    // @ts-expect-error no batch takes an update, or what has a condition or a version: it goes alone or into a transaction
    batch([Users.put(user, { if: (p) => p.id.missing })])
    // @ts-expect-error no batch takes what returns an item, or has a hook after it: it goes alone
    batch([Users.put(user, { return: "ALL_OLD" })])
    // @ts-expect-error no batch takes an update, or what has a condition or a version: it goes alone or into a transaction
    batch([Users.get(k), Users.create(user)])
    // @ts-expect-error no batch takes an update, or what has a condition or a version: it goes alone or into a transaction
    batch([Users.update(k, (p) => [p.n.add(1)])])
    // @ts-expect-error no batch takes an update, or what has a condition or a version: it goes alone or into a transaction
    batch({ check: Users.check(k, (p) => p.n.eq(1)) })
    // @ts-expect-error no batch takes an update, or what has a condition or a version: it goes alone or into a transaction
    batch([Accounts.put(account)])
    // @ts-expect-error no batch takes an update, or what has a condition or a version: it goes alone or into a transaction
    batch([Accounts.delete(account)])
    // @ts-expect-error is not assignable to type 'AnyOperation'
    batch([Users.get(k).pipe(Effect.withSpan("x"))])
    expect<Member>().type.toBeAssignableFrom(Users.put(user))
  })
})

describe("transact", () => {
  type Stands<A, E = SerializationException, R = never> = ConditionalCheckFailedException<A, E, R>
  it("has a reason for each member, of its own type", () => {
    const moved = transact([
      Users.put(user),
      Users.update(k, (p) => [p.n.add(1)], { if: (p) => p.n.gt(1) }),
      Accounts.delete(account),
      Users.check(k, (p) => p.n.eq(1))
    ])
    expect(moved).type.toBe<
      Effect.Effect<
        readonly [void, void, void, void],
        | TransactError
        | SerializationException
        | ItemTooLargeException
        | TransactionCanceledException<
          readonly [
            Option.Option<WriteReason>,
            Option.Option<WriteReason | Stands<User>>,
            Option.Option<WriteReason | Stands<Account>>,
            Option.Option<WriteReason | Stands<User>>
          ]
        >,
        DynamoDB.DynamoDB
      >
    >()
  })
  it("needs what its members' plans need, and opens what stands there only where that is asked for", () => {
    const both = transact({ person: Persons.create(person), account: Accounts.create({ id: "1", balance: 1 }) }, {
      token: "t"
    })
    expect(both).type.toBe<
      Effect.Effect<
        { readonly person: Person; readonly account: Account },
        | TransactError
        | SerializationException
        | ItemTooLargeException
        | EncryptionError
        | S3AttributeException
        | TransactionCanceledException<{
          readonly person: Option.Option<
            WriteReason | S3AttributeException | Stands<Person, SerializationException | EncryptionError, Decryptor>
          >
          readonly account: Option.Option<WriteReason | Stands<Account>>
        }>,
        DynamoDB.DynamoDB | Encryptor | Blobs
      >
    >()
  })
  it("takes no read and no return value", () => {
    // @ts-expect-error a transaction of writes takes no read: transactGet does
    transact([Users.get(k)])
    // @ts-expect-error no transaction takes what returns an item, or has a hook after it: it goes alone
    transact([Users.put(user, { return: "ALL_OLD" })])
    // @ts-expect-error no transaction takes what returns an item, or has a hook after it: it goes alone
    transact({ all: Users.update(k, (p) => [p.n.add(1)], { return: "ALL_NEW" }) })
  })
  it("reads", () => {
    expect(transactGet({ user: Users.require(k), person: Persons.get(k) })).type.toBe<
      Effect.Effect<
        { readonly user: User; readonly person: Option.Option<Person> },
        | TransactGetError
        | SerializationException
        | EncryptionError
        | ItemNotFoundException
        | TransactionCanceledException<{
          readonly user: Option.Option<ReadReason>
          readonly person: Option.Option<ReadReason>
        }>,
        DynamoDB.DynamoDB | Decryptor
      >
    >()
    // @ts-expect-error transactGet takes no write: transact does
    transactGet([Users.put(user)])
  })
})

describe("loader", () => {
  it("gives what the read does, over the service that it was made with", () => {
    const made = Loader.make({ window: "1 millis" })
    expect(made).type.toBe<Effect.Effect<Loader.Loader, never, DynamoDB.DynamoDB | Scope.Scope>>()
    const get = Persons.get(k)
    const loaded = Effect.scoped(Effect.flatMap(made, ({ load }) => load(get)))
    expect(loaded).type.toBe<
      Effect.Effect<
        Option.Option<Person>,
        | ReadError
        | SerializationException
        | EncryptionError
        | UnprocessedException<ReadonlyArray<typeof get>, readonly [Option.Option<Option.Option<Person>>]>,
        DynamoDB.DynamoDB | Decryptor
      >
    >()
  })
})

describe("bound operations", () => {
  const readers = Repository.reader(Persons)
  const writers = Repository.writer(Persons)
  const reads = successOf(readers)
  const writes = successOf(writers)
  it("that read take what opens", () => {
    expect(contextOf(readers)).type.toBe<DynamoDB.DynamoDB | Decryptor>()
    expect(reads.get(k)).type.toBe<
      Effect.Effect<Option.Option<Person>, DynamoDB.GetItemError | SerializationException | EncryptionError>
    >()
    expect(reads.pick(k, ["name"])).type.toBe<
      Effect.Effect<Option.Option<Pick<Person, "name">>, DynamoDB.GetItemError | SerializationException>
    >()
  })
  it("that write take what seals and stores, and open nothing", () => {
    expect(contextOf(writers)).type.toBe<DynamoDB.DynamoDB | Encryptor | Blobs>()
    type Put =
      | DynamoDB.PutItemError
      | SerializationException
      | ValidationException
      | ItemTooLargeException
      | EncryptionError
      | S3AttributeException
    type Stands = ConditionalCheckFailedException<Person, SerializationException | EncryptionError, Decryptor>
    expect(writes.put(person)).type.toBe<Effect.Effect<void, Put>>()
    expect(writes.put(person, { if: (p) => p.id.missing })).type.toBe<Effect.Effect<void, Put | Stands>>()
    expect(writes.create(person)).type.toBe<Effect.Effect<Person, Put | Stands>>()
    expect(writes.update(k, (p) => [p.name.set("x")])).type.toBe<
      Effect.Effect<
        void,
        DynamoDB.UpdateItemError | SerializationException | ValidationException | ItemNotFoundException
      >
    >()
    expect(writes).type.not.toHaveProperty("get")
    // @ts-expect-error does not exist in type
    writes.put(person, { return: "ALL_OLD" })
  })
})
