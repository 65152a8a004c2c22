/**
 * A stand-in for KMS at the port, over real AES-256-GCM: a wrong context, a wrong key or a flipped bit fails because the cryptography says
 * so. Notes every call.
 */
import { asRecord } from "@armature/aws/Classify"
import type { Transport } from "@armature/aws/Transport"
import * as Wire from "@armature/aws/WireFailure"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto"
import * as Kms from "../src/Kms.js"

type Context = Readonly<Record<string, string>> | undefined

export const refused = (code: string, statusCode = 400): Wire.WireFailure =>
  Wire.serviceFault({ code, statusCode, message: `text of ${code}`, requestId: "r-1" })

export interface Call {
  readonly operation: string
  readonly input: Readonly<Record<string, unknown>>
}

export class KmsDouble {
  readonly calls: Array<Call> = []
  /** Every plaintext that was handed out, as the very array. */
  readonly plaintexts: Array<Uint8Array> = []
  /** Runs before each call: may fail it, or hold it up. */
  before: (call: Call) => Effect.Effect<void, Wire.WireFailure> = () => Effect.void
  /** Changes an answer on its way. */
  after: (output: object) => object = (output) => output
  readonly #materials = new Map<string, Buffer>()

  /** A new key; its ARN. */
  key(id: string): string {
    const arn = `arn:aws:kms:eu-central-1:111122223333:key/${id}`
    this.#materials.set(arn, randomBytes(32))
    return arn
  }

  count(operation: string): number {
    return this.calls.filter((call) => call.operation === operation).length
  }

  readonly transport: Transport<Kms.Operations> = {
    info: { region: "eu-central-1", serverAddress: undefined, serverPort: undefined },
    send: (operation, input) =>
      Effect.suspend(() => {
        const call: Call = { operation, input: asRecord(input) }
        this.calls.push(call)
        return Effect.flatMap(this.before(call), () => {
          const output = this.#answer(operation, call.input)
          if (isFailure(output)) return Effect.fail(output)
          // each answer has the shape of its operation's output
          return Effect.succeed(Object.assign({ $metadata: {} }, this.after(output)) as never)
        })
      })
  }

  readonly layer: Layer.Layer<Kms.Kms> = Layer.provide(
    Kms.layerTransport,
    Layer.sync(Kms.KmsTransport, () => this.transport)
  )

  #answer(operation: string, input: Readonly<Record<string, unknown>>): Wire.WireFailure | object {
    const { CiphertextBlob, DestinationEncryptionContext, DestinationKeyId, EncryptionContext, KeyId } = input
    switch (operation) {
      case "GenerateDataKey": {
        const Plaintext = new Uint8Array(randomBytes(32))
        const sealed = this.#seal(KeyId, Plaintext, EncryptionContext as Context)
        if (isFailure(sealed)) return sealed
        this.plaintexts.push(Plaintext)
        return { ...sealed, Plaintext }
      }
      case "Decrypt": {
        const opened = this.#open(KeyId, CiphertextBlob, EncryptionContext as Context)
        if (!(opened instanceof Uint8Array)) return opened
        this.plaintexts.push(opened)
        return { KeyId, Plaintext: opened }
      }
      case "ReEncrypt": {
        const opened = this.#open(input.SourceKeyId, CiphertextBlob, input.SourceEncryptionContext as Context)
        return opened instanceof Uint8Array
          ? this.#seal(DestinationKeyId, opened, DestinationEncryptionContext as Context)
          : opened
      }
      default:
        return {}
    }
  }

  #seal(key: unknown, plaintext: Uint8Array, context: Context): Wire.WireFailure | object {
    const material = this.#materials.get(String(key))
    if (material === undefined) return refused("NotFoundException")
    const iv = randomBytes(12)
    const cipher = createCipheriv("aes-256-gcm", material, iv).setAAD(bytes(context))
    const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
    return { KeyId: key, CiphertextBlob: new Uint8Array(Buffer.concat([iv, cipher.getAuthTag(), ciphertext])) }
  }

  #open(key: unknown, blob: unknown, context: Context): Wire.WireFailure | Uint8Array {
    const material = this.#materials.get(String(key))
    if (material === undefined || !(blob instanceof Uint8Array)) return refused("NotFoundException")
    const open = (material: Buffer) => {
      try {
        const decipher = createDecipheriv("aes-256-gcm", material, blob.subarray(0, 12), { authTagLength: 16 })
        decipher.setAAD(bytes(context)).setAuthTag(blob.subarray(12, 28))
        return new Uint8Array(Buffer.concat([decipher.update(blob.subarray(28)), decipher.final()]))
      } catch {
        return undefined
      }
    }
    const opened = open(material)
    if (opened !== undefined) return opened
    const other = [...this.#materials.values()].some((material) => open(material) !== undefined)
    return refused(other ? "IncorrectKeyException" : "InvalidCiphertextException")
  }
}

const isFailure = (output: Wire.WireFailure | object): output is Wire.WireFailure => "_tag" in output

const bytes = (context: Context): Buffer => Buffer.from(JSON.stringify(Object.entries(context ?? {}).sort()))
