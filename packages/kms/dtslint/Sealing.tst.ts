import type {
  AccessDeniedException,
  ConfigurationException,
  ConnectionException,
  CredentialsException,
  ServiceException,
  ThrottlingException,
  ValidationException
} from "@armature/aws/Exceptions"
import * as DataKeys from "@armature/kms/DataKeys"
import * as Decryptor from "@armature/kms/Decryptor"
import type { EncryptionException } from "@armature/kms/EncryptionException"
import * as Encryptor from "@armature/kms/Encryptor"
import * as Envelope from "@armature/kms/Envelope"
import type * as Kms from "@armature/kms/Kms"
import * as Reencryptor from "@armature/kms/Reencryptor"
import * as Sealing from "@armature/kms/Sealing"
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import type * as Layer from "effect/Layer"
import type * as Stream from "effect/Stream"
import { describe, expect, it } from "tstyche"

type Fails =
  | EncryptionException
  | AccessDeniedException
  | ConfigurationException
  | ConnectionException
  | CredentialsException
  | ServiceException
  | ThrottlingException
  | ValidationException

const binding: Encryptor.Binding = { table: "t", partitionKey: { S: "p" }, path: ["a"] }
const bytes = new Uint8Array()

const write = Effect.flatMap(Encryptor.Encryptor, (encryptor) => encryptor.seal({ S: "x" }, binding))
const read = Effect.flatMap(Decryptor.Decryptor, (decryptor) => decryptor.open(bytes, binding))

declare const onlySeals: Layer.Layer<Encryptor.Encryptor>

describe("capabilities", () => {
  it("stand in the requirements, each by itself", () => {
    expect(write).type.toBe<Effect.Effect<Uint8Array, Fails, Encryptor.Encryptor>>()
    expect(read).type.toBe<Effect.Effect<Envelope.AttributeValue, Fails, Decryptor.Decryptor>>()
    expect(Sealing.rebind(bytes, binding, binding)).type.toBe<
      Effect.Effect<Uint8Array, Fails, Encryptor.Encryptor | Decryptor.Decryptor>
    >()
  })

  it("whoever holds only the right to seal cannot run what opens", () => {
    expect(Effect.provide(write, onlySeals)).type.toBe<Effect.Effect<Uint8Array, Fails>>()
    expect(Effect.provide(read, onlySeals)).type.toBe<
      Effect.Effect<Envelope.AttributeValue, Fails, Decryptor.Decryptor>
    >()
    expect(Effect.runPromise).type.not.toBeCallableWith(Effect.provide(read, onlySeals))
  })
})

describe("layers", () => {
  it("need data keys, which need KMS", () => {
    expect(Encryptor.layer({ key: "k" })).type.toBe<
      Layer.Layer<Encryptor.Encryptor, ConfigurationException, DataKeys.DataKeys>
    >()
    expect(Decryptor.layer({ keys: [] })).type.toBe<
      Layer.Layer<Decryptor.Decryptor, ConfigurationException, DataKeys.DataKeys>
    >()
    expect(Sealing.layerReadWrite({ key: "k", accept: [] })).type.toBe<
      Layer.Layer<Encryptor.Encryptor | Decryptor.Decryptor, ConfigurationException, DataKeys.DataKeys>
    >()
    expect(DataKeys.layer()).type.toBe<Layer.Layer<DataKeys.DataKeys, ConfigurationException, Kms.Kms>>()
    expect(Reencryptor.layer({ from: [], to: "k" })).type.toBe<
      Layer.Layer<Reencryptor.Reencryptor, ConfigurationException, Kms.Kms>
    >()
  })
})

describe("reencryptAll", () => {
  it("adds the failures of the values and of their writes", () => {
    interface Row {
      readonly table: string
      readonly sealed: Uint8Array
      readonly id: number
    }
    const rows: Stream.Stream<Row, "scan", "table"> = null as never
    const write = (row: Row): Effect.Effect<boolean, "write", "table"> => Effect.die(row)
    expect(Reencryptor.reencryptAll(rows, { write })).type.toBe<
      Stream.Stream<Reencryptor.Progress, Fails | "scan" | "write", "table" | Reencryptor.Reencryptor>
    >()
  })
})

describe("Envelope", () => {
  it("fails with plain data", () => {
    expect(Envelope.seal).type.toBe<
      (
        key: Envelope.EnvelopeKey,
        value: Envelope.ReadonlyAttributeValue,
        binding: Envelope.Binding
      ) => Either.Either<Uint8Array, Envelope.EnvelopeFailure>
    >()
  })

  it("takes its own values and the AWS SDK's", () => {
    expect<Envelope.AttributeValue>().type.toBeAssignableTo<Envelope.ReadonlyAttributeValue>()
    expect<{ S?: never; L: Array<{ S: string; L?: never }>; $unknown?: never }>()
      .type.toBeAssignableTo<Envelope.ReadonlyAttributeValue>()
  })

  it("gives values of exactly one type", () => {
    expect<{ readonly S: number }>().type.not.toBeAssignableTo<Envelope.AttributeValue>()
    expect<{}>().type.not.toBeAssignableTo<Envelope.AttributeValue>()
  })
})
