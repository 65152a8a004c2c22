import * as AwsRetry from "@armature/aws/AwsRetry"
import * as Wire from "@armature/aws/WireFailure"
import { describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as Tracer from "effect/Tracer"
import { inspect } from "node:util"
import { assert } from "vitest"
import * as S3 from "../src/S3.js"
import { refused, S3Double } from "./double.js"

type Service = S3.S3.Service
type Method = Exclude<keyof Service, "ping" | "presignGetObject" | "presignPutObject">
type AnyCall = Effect.Effect<unknown, { readonly _tag: string; readonly outcome: string }>

const Bucket = "b"
const Key = "SECRET-KEY"
const object = { Bucket, Key }
const upload = { ...object, UploadId: "u" }
const part = { ...upload, PartNumber: 1 }
const CopySource = "b/source"

const wrote = ["ConditionalRequestConflict", "NoSuchKey", "PreconditionFailed"]

/** One call of each operation and a conditional one, the exceptions of S3's own that AWS names for it, and what may be done again. */
const operations: {
  readonly [M in Method]: {
    readonly call: (s3: Service) => AnyCall
    readonly declared: ReadonlyArray<string>
    readonly conditional?: { readonly call: (s3: Service) => AnyCall; readonly adds: ReadonlyArray<string> }
    readonly access: "read" | "write" | "writeOnce"
  }
} = {
  abortMultipartUpload: {
    call: (s3) => s3.abortMultipartUpload(upload),
    declared: ["NoSuchBucket", "NoSuchUpload"],
    conditional: {
      call: (s3) => s3.abortMultipartUpload({ ...upload, IfMatchInitiatedTime: new Date(0) }),
      adds: ["PreconditionFailed"]
    },
    access: "write"
  },
  completeMultipartUpload: {
    call: (s3) => s3.completeMultipartUpload(upload),
    declared: ["ChecksumMismatch", "NoSuchBucket", "NoSuchUpload"],
    conditional: { call: (s3) => s3.completeMultipartUpload({ ...upload, IfNoneMatch: "*" }), adds: wrote },
    access: "write"
  },
  copyObject: {
    call: (s3) => s3.copyObject({ ...object, CopySource }),
    declared: ["InvalidObjectState", "NoSuchBucket", "NoSuchKey", "NoSuchVersion"],
    conditional: {
      call: (s3) => s3.copyObject({ ...object, CopySource, CopySourceIfMatch: "e" }),
      adds: ["ConditionalRequestConflict", "PreconditionFailed"]
    },
    access: "write"
  },
  createBucket: {
    call: (s3) => s3.createBucket({ Bucket }),
    declared: ["ConditionalRequestConflict", "LimitExceededException", "ResourceInUseException"],
    access: "writeOnce"
  },
  createMultipartUpload: {
    call: (s3) => s3.createMultipartUpload(object),
    declared: ["NoSuchBucket"],
    access: "writeOnce"
  },
  deleteBucket: {
    call: (s3) => s3.deleteBucket({ Bucket }),
    declared: ["BucketNotEmpty", "ConditionalRequestConflict", "NoSuchBucket"],
    access: "writeOnce"
  },
  deleteObject: {
    call: (s3) => s3.deleteObject(object),
    declared: ["NoSuchBucket"],
    conditional: { call: (s3) => s3.deleteObject({ ...object, IfMatch: "e" }), adds: wrote },
    access: "write"
  },
  deleteObjects: {
    call: (s3) => s3.deleteObjects({ Bucket, Delete: { Objects: [{ Key }] } }),
    declared: ["ChecksumMismatch", "NoSuchBucket"],
    access: "write"
  },
  getObject: {
    call: (s3) => s3.getObject.bytes(object),
    declared: ["ChecksumMismatch", "InvalidObjectState", "NoSuchBucket", "NoSuchKey", "NoSuchVersion"],
    conditional: {
      call: (s3) => s3.getObject.bytes({ ...object, IfNoneMatch: "e" }),
      adds: ["NotModified", "PreconditionFailed"]
    },
    access: "read"
  },
  headBucket: { call: (s3) => s3.headBucket({ Bucket }), declared: ["NoSuchBucket"], access: "read" },
  headObject: {
    call: (s3) => s3.headObject(object),
    declared: ["NoSuchKey", "NoSuchVersion"],
    conditional: {
      call: (s3) => s3.headObject({ ...object, IfMatch: "e" }),
      adds: ["NotModified", "PreconditionFailed"]
    },
    access: "read"
  },
  listBuckets: { call: (s3) => s3.listBuckets(), declared: [], access: "read" },
  listMultipartUploads: {
    call: (s3) => s3.listMultipartUploads({ Bucket }),
    declared: ["NoSuchBucket"],
    access: "read"
  },
  listObjectVersions: { call: (s3) => s3.listObjectVersions({ Bucket }), declared: ["NoSuchBucket"], access: "read" },
  listObjectsV2: { call: (s3) => s3.listObjectsV2({ Bucket }), declared: ["NoSuchBucket"], access: "read" },
  listParts: { call: (s3) => s3.listParts(upload), declared: ["NoSuchBucket", "NoSuchUpload"], access: "read" },
  putObject: {
    call: (s3) => s3.putObject({ ...object, Body: "x" }),
    declared: ["ChecksumMismatch", "NoSuchBucket"],
    conditional: { call: (s3) => s3.putObject({ ...object, Body: "x", IfNoneMatch: "*" }), adds: wrote },
    access: "write"
  },
  uploadPart: {
    call: (s3) => s3.uploadPart({ ...part, Body: "x" }),
    declared: ["ChecksumMismatch", "NoSuchBucket", "NoSuchUpload"],
    access: "write"
  },
  uploadPartCopy: {
    call: (s3) => s3.uploadPartCopy({ ...part, CopySource }),
    declared: ["InvalidObjectState", "NoSuchBucket", "NoSuchKey", "NoSuchUpload", "NoSuchVersion"],
    conditional: {
      call: (s3) => s3.uploadPartCopy({ ...part, CopySource, CopySourceIfMatch: "e" }),
      adds: ["PreconditionFailed"]
    },
    access: "write"
  }
}

const methods = Object.keys(operations) as ReadonlyArray<Method>
const nameOf = (method: Method): string => `${method[0]!.toUpperCase()}${method.slice(1)}`

/** AWS's names, and the exceptions that they become where the operation declares them. */
const own: Readonly<Record<string, string>> = {
  BadDigest: "ChecksumMismatch",
  BucketAlreadyExists: "ResourceInUseException",
  BucketAlreadyOwnedByYou: "ResourceInUseException",
  BucketNotEmpty: "BucketNotEmpty",
  ConditionalRequestConflict: "ConditionalRequestConflict",
  InvalidObjectState: "InvalidObjectState",
  MethodNotAllowed: "NoSuchVersion",
  NoSuchBucket: "NoSuchBucket",
  NoSuchKey: "NoSuchKey",
  NoSuchUpload: "NoSuchUpload",
  NoSuchVersion: "NoSuchVersion",
  NotModified: "NotModified",
  ObjectNotInActiveTierError: "InvalidObjectState",
  OperationAborted: "ConditionalRequestConflict",
  PreconditionFailed: "PreconditionFailed",
  TooManyBuckets: "LimitExceededException",
  XAmzContentChecksumMismatch: "ChecksumMismatch"
}
const anyService: Readonly<Record<string, string>> = {
  AccessDenied: "AccessDeniedException",
  AuthorizationHeaderMalformed: "ConfigurationException",
  EntityTooLarge: "ValidationException",
  ExpiredToken: "CredentialsException",
  InvalidRange: "ValidationException",
  InvalidToken: "CredentialsException",
  NobodyKnows: "ServiceException",
  PermanentRedirect: "ConfigurationException",
  SlowDown: "ThrottlingException"
}

/** As a caller without TypeScript may. */
const unchecked = (s3: Service, method: Method | "presignGetObject" | "presignPutObject") =>
  s3[method] as unknown as (input: unknown, options?: unknown) => AnyCall

/** Without repetitions. */
const once = <A, E, R>(effect: Effect.Effect<A, E, R>) => AwsRetry.withPolicy(effect, AwsRetry.none)

describe("each operation", () => {
  for (const method of methods) {
    const { access, call, conditional, declared } = operations[method]
    const reads = access === "read"

    it.effect(`${method} fails with what it declares, and with nothing else`, () => {
      const double = new S3Double()
      return Effect.gen(function*() {
        const s3 = yield* S3.S3
        const tagOf = (failure: Wire.WireFailure, run = call) => {
          double.before = () => Effect.fail(failure)
          return Effect.map(Effect.flip(once(run(s3))), (e) => {
            if (!reads) assert.strictEqual(e.outcome === "unknown", e._tag === "WriteOutcomeUnknownException", e._tag)
            return e._tag
          })
        }
        for (const [code, tag] of Object.entries(anyService)) assert.strictEqual(yield* tagOf(refused(code)), tag, code)
        for (const [code, tag] of Object.entries(own)) {
          const at = `${method} ${code}`
          assert.strictEqual(yield* tagOf(refused(code)), declared.includes(tag) ? tag : "ServiceException", at)
          if (conditional === undefined) continue
          const all = [...declared, ...conditional.adds]
          assert.strictEqual(
            yield* tagOf(refused(code), conditional.call),
            all.includes(tag) ? tag : "ServiceException",
            `conditional ${at}`
          )
        }
        for (const code of ["InternalError", "IncompleteBody"]) {
          const tag = yield* tagOf(refused(code, 500))
          assert.strictEqual(tag, reads ? "ServiceUnavailableException" : "WriteOutcomeUnknownException", code)
        }
        assert.strictEqual(
          yield* tagOf(Wire.malformedFault({ statusCode: 200, cause: undefined })),
          reads ? "InvalidResponseException" : "WriteOutcomeUnknownException"
        )
        assert.isTrue(double.calls.every((call) => call.operation === nameOf(method)))
      }).pipe(Effect.provide(double.layer))
    })

    const again = access !== "writeOnce"
    it.effect(`${method} is ${again ? "" : "not "}sent again after an attempt with an unknown outcome`, () => {
      const sends = (run: typeof call) => {
        const double = new S3Double()
        double.before = () => double.calls.length === 1 ? Effect.fail(refused("InternalError", 500)) : Effect.void
        return Effect.gen(function*() {
          const fiber = yield* Effect.fork(Effect.either(Effect.flatMap(S3.S3, run)))
          yield* TestClock.adjust("1 minute")
          yield* fiber
          return double.calls.length
        }).pipe(Effect.provide(double.layer))
      }
      return Effect.gen(function*() {
        assert.strictEqual(yield* sends(call), again ? 2 : 1)
        // what another one wrote in between would be refused, or what we wrote ourselves
        if (conditional !== undefined) assert.strictEqual(yield* sends(conditional.call), reads ? 2 : 1)
      })
    })
  }
})

describe("what comes without a name", () => {
  it.effect("is named by its status: HEAD has no body to say more in", () => {
    const double = new S3Double()
    const expected: ReadonlyArray<readonly [number, string]> = [
      [304, "NotModified"],
      [403, "AccessDeniedException"],
      [404, "NoSuchKey"],
      [405, "NoSuchVersion"],
      [412, "PreconditionFailed"],
      [416, "ValidationException"]
    ]
    return Effect.gen(function*() {
      const s3 = yield* S3.S3
      for (const [status, tag] of expected) {
        double.before = () => Effect.fail(refused(undefined, status))
        assert.strictEqual((yield* Effect.flip(s3.headObject({ ...object, IfMatch: "e" })))._tag, tag, String(status))
      }
      double.before = () => Effect.fail(refused("NotFound", 404))
      assert.strictEqual((yield* Effect.flip(s3.headObject(object)))._tag, "NoSuchKey")
      assert.strictEqual((yield* Effect.flip(s3.headBucket({ Bucket })))._tag, "NoSuchBucket")
    }).pipe(Effect.provide(double.layer))
  })
})

describe("retries", () => {
  const attempts = (code: string, input: Omit<S3.S3.PutObjectInput, "Body"> & { readonly Body: string }) => {
    const double = new S3Double()
    double.before = () => Effect.fail(refused(code, 409))
    return Effect.gen(function*() {
      const s3 = yield* S3.S3
      const fiber = yield* Effect.fork(Effect.flip(s3.putObject(input)))
      yield* TestClock.adjust("5 minutes")
      yield* fiber
      return double.calls.length
    }).pipe(Effect.provide(double.layer), Effect.orDie)
  }

  it.effect("a conflict of conditional writes is sent again, which the SDK does not do", () =>
    Effect.gen(function*() {
      const input = { ...object, Body: "x", IfNoneMatch: "*" }
      assert.strictEqual(yield* attempts("ConditionalRequestConflict", input), 3)
      assert.strictEqual(yield* attempts("PreconditionFailed", input), 1)
    }))

  it.effect("wrong bytes are sent again once", () =>
    Effect.map(attempts("BadDigest", { ...object, Body: "x" }), (sent) => assert.strictEqual(sent, 2)))

  it.effect("wrong bytes are sent again once, also when the request before them was throttled", () => {
    const double = new S3Double()
    double.before = () => Effect.fail(refused(double.calls.length === 1 ? "SlowDown" : "BadDigest", 503))
    return Effect.gen(function*() {
      const fiber = yield* Effect.fork(
        Effect.flip(Effect.flatMap(S3.S3, (s3) => s3.putObject({ ...object, Body: "x" })))
      )
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* fiber)._tag, "ChecksumMismatch")
      assert.strictEqual(double.calls.length, 3)
    }).pipe(Effect.provide(double.layer))
  })

  it.effect("a part is one's own, and is sent again however late; an object is not", () =>
    Effect.gen(function*() {
      const sends = (run: (s3: Service) => AnyCall) => {
        const double = new S3Double()
        double.before = () =>
          Effect.flatMap(Effect.sleep("30 seconds"), () =>
            double.calls.length === 1 ? Effect.fail(refused("InternalError", 500)) : Effect.void)
        return Effect.gen(function*() {
          const fiber = yield* Effect.fork(Effect.either(Effect.flatMap(S3.S3, run)))
          yield* TestClock.adjust("5 minutes")
          yield* fiber
          return double.calls.length
        }).pipe(Effect.provide(double.layer))
      }
      assert.strictEqual(
        yield* sends((s3) =>
          s3.uploadPart({ ...part, Body: "x" })
        ),
        2
      )
      assert.strictEqual(yield* sends((s3) => s3.putObject({ ...object, Body: "x" })), 1)
    }))
})

describe("an input that does not name what its operation is about", () => {
  const full = { ...part, CopySource, Body: "x", Delete: {} }
  const names: Readonly<Record<Method, ReadonlyArray<keyof typeof full>>> = {
    abortMultipartUpload: ["Bucket", "Key", "UploadId"],
    completeMultipartUpload: ["Bucket", "Key", "UploadId"],
    copyObject: ["Bucket", "Key", "CopySource"],
    createBucket: ["Bucket"],
    createMultipartUpload: ["Bucket", "Key"],
    deleteBucket: ["Bucket"],
    deleteObject: ["Bucket", "Key"],
    deleteObjects: ["Bucket"],
    getObject: ["Bucket", "Key"],
    headBucket: ["Bucket"],
    headObject: ["Bucket", "Key"],
    listBuckets: [],
    listMultipartUploads: ["Bucket"],
    listObjectVersions: ["Bucket"],
    listObjectsV2: ["Bucket"],
    listParts: ["Bucket", "Key", "UploadId"],
    putObject: ["Bucket", "Key"],
    uploadPart: ["Bucket", "Key", "UploadId", "PartNumber"],
    uploadPartCopy: ["Bucket", "Key", "UploadId", "PartNumber", "CopySource"]
  }
  for (const method of methods) {
    // its address would be that of the bucket, or of the object
    it.scoped(`is not sent as one that is about something else: ${method}`, () => {
      const double = new S3Double()
      return Effect.gen(function*() {
        const call = unchecked(yield* S3.S3, method)
        const wrong = names[method].flatMap((name) =>
          [undefined, null, "", {}, ...(name === "PartNumber" ? [NaN, 1.5] : ["\ud800"])].map((value) => ({
            ...full,
            [name]: value
          }))
        )
        for (const input of method === "listBuckets" ? [] : [undefined, null, 5, ...wrong]) {
          const e = yield* Effect.flip(Effect.suspend(() => call(input)))
          assert.strictEqual(e._tag, "ValidationException", inspect(input))
        }
        assert.strictEqual(double.calls.length, 0)
        yield* call(full)
        assert.strictEqual(double.calls.length, 1)
      }).pipe(Effect.provide(double.layer))
    })
  }

  it.effect("gets no URL", () => {
    const double = new S3Double()
    return Effect.gen(function*() {
      const s3 = yield* S3.S3
      for (const method of ["presignGetObject", "presignPutObject"] as const) {
        for (const input of [undefined, null, {}, { Bucket }, { Bucket, Key: "" }, { Bucket: "", Key }]) {
          const e = yield* Effect.flip(Effect.suspend(() => unchecked(s3, method)(input, { expiresIn: 1000 })))
          assert.strictEqual(e._tag, "ValidationException")
        }
      }
    }).pipe(Effect.provide(double.layer))
  })
})

describe("a body that is sent", () => {
  const parts = Stream.make("one ", "two ", "three").pipe(Stream.map((text) => new Uint8Array(Buffer.from(text))))
  const input = { ...object, Body: parts, ContentLength: 13 }

  it.effect("is run anew when the request was not applied", () => {
    const double = new S3Double()
    double.before = () => double.calls.length === 1 ? Effect.fail(refused("SlowDown", 503)) : Effect.void
    return Effect.gen(function*() {
      const s3 = yield* S3.S3
      const fiber = yield* Effect.fork(s3.putObject(input))
      yield* TestClock.adjust("1 minute")
      yield* fiber
      assert.deepStrictEqual(double.calls.map((call) => call.input["Body"]), [undefined, "one two three"])
    }).pipe(Effect.provide(double.layer))
  })

  it.effect("is not run again after an attempt with an unknown outcome: it may give other bytes", () => {
    const double = new S3Double()
    double.before = () => Effect.fail(refused("InternalError", 500))
    return Effect.gen(function*() {
      const e = yield* Effect.flip(Effect.flatMap(S3.S3, (s3) => s3.putObject(input)))
      assert.strictEqual(e._tag, "WriteOutcomeUnknownException")
      assert.strictEqual(double.calls.length, 1)
    }).pipe(Effect.provide(double.layer))
  })

  it.effect("fails the call with what it dies of, too", () => {
    const double = new S3Double()
    return Effect.gen(function*() {
      const s3 = yield* S3.S3
      const exit = yield* Effect.exit(s3.putObject({ ...input, Body: Stream.die("defect") }))
      assert.strictEqual(String(exit).includes("defect"), true)
    }).pipe(Effect.provide(double.layer))
  })

  it.effect("without its length, of another one, or of no kind that is known is refused before anything is sent", () => {
    const double = new S3Double()
    return Effect.gen(function*() {
      const s3 = yield* S3.S3
      const wrong = [
        { Body: parts },
        { Body: parts, ContentLength: NaN },
        { Body: Stream.empty, ContentLength: -1 },
        { Body: parts, ContentLength: 12.5 },
        { Body: "żółw", ContentLength: 4 },
        { Body: new Uint8Array(3), ContentLength: 4 },
        { Body: null },
        { Body: 7 },
        { Body: {}, ContentLength: 2 }
      ]
      for (const method of ["putObject", "uploadPart"] as const) {
        for (const body of wrong) {
          const e = yield* Effect.flip(Effect.suspend(() => unchecked(s3, method)({ ...part, ...body })))
          assert.strictEqual(e._tag, "ValidationException", inspect(body))
        }
      }
      assert.strictEqual(double.calls.length, 0)
      yield* s3.putObject({ ...object, Body: "żółw", ContentLength: 7 })
    }).pipe(Effect.provide(double.layer))
  })
})

describe("a body that is read", () => {
  it.effect("is let go with its scope, also when nobody read it", () => {
    const double = new S3Double()
    return Effect.gen(function*() {
      const s3 = yield* S3.S3
      yield* Effect.scoped(
        Effect.zipRight(s3.getObject(object), Effect.sync(() => assert.strictEqual(double.released, 0)))
      )
      assert.strictEqual(double.released, 1)
    }).pipe(Effect.provide(double.layer))
  })

  it.live("is let go when the call is interrupted as it is answered", () => {
    const double = new S3Double()
    return Effect.gen(function*() {
      const s3 = yield* S3.S3
      const answered = yield* Deferred.make<void>()
      double.after = Effect.asVoid(Deferred.succeed(answered, undefined))
      const fiber = yield* Effect.fork(Effect.scoped(Effect.zipRight(s3.getObject(object), Effect.never)))
      yield* Deferred.await(answered)
      yield* Fiber.interrupt(fiber)
      assert.strictEqual(double.released, 1)
    }).pipe(Effect.provide(double.layer))
  })

  it.scoped("is read once: a second reader fails, and does not take it for empty", () => {
    const double = new S3Double()
    return Effect.gen(function*() {
      const s3 = yield* S3.S3
      const { Body } = yield* s3.getObject(object)
      assert.strictEqual((yield* Stream.runCollect(Body)).length, 1)
      assert.strictEqual((yield* Effect.flip(Stream.runCollect(Body)))._tag, "ConnectionException")
    }).pipe(Effect.provide(double.layer))
  })

  it.effect("fails as what it is: cut short, too slow, not what was stored", () => {
    const double = new S3Double()
    const cut = (timeout: boolean) => Wire.connectionFault({ phase: "body", timeout, cause: undefined })
    return Effect.gen(function*() {
      const s3 = yield* S3.S3
      const faults = [cut(false), cut(true), { _tag: "ChecksumFault" } as const]
      const streamed = Effect.scoped(Effect.flatMap(s3.getObject(object), ({ Body }) => Stream.runDrain(Body)))
      for (const read of [streamed, once(s3.getObject.bytes(object))]) {
        const seen = yield* Effect.forEach(faults, (fault) => {
          double.body = Stream.concat(Stream.make(new Uint8Array(1)), Stream.fail(fault))
          return Effect.map(Effect.flip(read), (e) => "reason" in e ? [e._tag, e.reason] : [e._tag])
        })
        assert.deepStrictEqual(seen, [["ConnectionException", "Truncated"], ["ConnectionException", "Timeout"], [
          "ChecksumMismatch"
        ]])
      }
    }).pipe(Effect.provide(double.layer))
  })

  it.effect("whole is asked for again when it breaks off, by the policy, and let go each time", () =>
    Effect.gen(function*() {
      const sends = (
        fault: { readonly _tag: "ChecksumFault" } | Wire.WireFailure & { readonly _tag: "ConnectionFault" },
        healsAt: number
      ) => {
        const double = new S3Double()
        const whole = double.body
        double.before = () =>
          Effect.sync(() => {
            double.body = double.calls.length < healsAt ? Stream.concat(whole, Stream.fail(fault)) : whole
          })
        return Effect.gen(function*() {
          const fiber = yield* Effect.fork(Effect.either(Effect.flatMap(S3.S3, (s3) => s3.getObject.bytes(object))))
          yield* TestClock.adjust("1 minute")
          const result = yield* fiber
          assert.strictEqual(double.released, double.calls.length)
          return [double.calls.length, result._tag === "Right" ? [...result.right.Body] : result.left._tag]
        }).pipe(Effect.provide(double.layer))
      }
      const cut = Wire.connectionFault({ phase: "body", timeout: false, cause: undefined })
      assert.deepStrictEqual(yield* sends(cut, 3), [3, [1, 2, 3]])
      assert.deepStrictEqual(yield* sends(cut, 9), [3, "ConnectionException"])
      assert.deepStrictEqual(yield* sends({ _tag: "ChecksumFault" }, 2), [2, [1, 2, 3]])
      assert.deepStrictEqual(yield* sends({ _tag: "ChecksumFault" }, 9), [2, "ChecksumMismatch"])
    }))
})

describe("what is seen of a call", () => {
  it.effect("names the bucket, and never the object's key", () => {
    const double = new S3Double()
    const attributes: Record<string, unknown> = {}
    const names: Array<string> = []
    const tracer = Tracer.make({
      context: (f) => f(),
      span: (name, parent, context, links, _startTime, kind) => {
        names.push(name)
        return {
          _tag: "Span",
          name,
          spanId: "s",
          traceId: "t",
          parent,
          context,
          status: { _tag: "Started", startTime: 0n },
          attributes: new Map(),
          links,
          sampled: true,
          kind,
          end: () => undefined,
          attribute: (key, value) => {
            attributes[key] = value
          },
          event: () => undefined,
          addLinks: () => undefined
        }
      }
    })
    return Effect.gen(function*() {
      const s3 = yield* S3.S3
      yield* Effect.withTracer(s3.putObject({ ...object, Body: "x" }), tracer)
      double.before = () => Effect.fail(refused("NoSuchBucket", 404))
      const e = yield* Effect.flip(Effect.withTracer(s3.putObject({ ...object, Body: "x" }), tracer))
      assert.deepStrictEqual(names, ["PutObject b", "PutObject b"])
      assert.deepStrictEqual(
        [attributes["rpc.system"], attributes["rpc.service"], attributes["rpc.method"], attributes["aws.s3.bucket"]],
        ["aws-api", "S3", "PutObject", Bucket]
      )
      assert.deepStrictEqual([attributes["aws.request_id"], attributes["error.type"]], ["r-1", "NoSuchBucket"])
      assert.include(e.message, "on \"b\"")
      const shown = [
        String(e),
        JSON.stringify(e),
        inspect(e, { depth: Infinity, showHidden: true }),
        inspect(attributes)
      ]
      for (const one of shown) assert.notInclude(one, Key)
    }).pipe(Effect.provide(double.layer))
  })
})

describe("presign", () => {
  it.effect("hands on whole seconds, and sends nothing", () => {
    const double = new S3Double()
    return Effect.gen(function*() {
      const s3 = yield* S3.S3
      assert.strictEqual(yield* s3.presignPutObject(object, { expiresIn: "90500 millis" }), "PutObject:90")
      assert.strictEqual(yield* s3.presignGetObject(object, { expiresIn: "7 days" }), "GetObject:604800")
      assert.strictEqual(double.calls.length, 0)
    }).pipe(Effect.provide(double.layer))
  })
})

describe("layerFake", () => {
  it.effect("does what its handlers say, and says what has none", () =>
    Effect.gen(function*() {
      const s3 = yield* S3.S3
      const { ETag } = yield* s3.putObject({
        ...object,
        Body: Stream.make(new Uint8Array([104, 105])),
        ContentLength: 2
      })
      assert.strictEqual(ETag, "hi")
      assert.strictEqual((yield* s3.getObject.text(object)).Body, "hi")
      const e = yield* Effect.flip(s3.listBuckets())
      assert.isTrue(e._tag === "ConfigurationException" && e.reason === "HandlerMissing")
      assert.strictEqual((yield* Effect.flip(s3.ping))._tag, "ConfigurationException")
      assert.strictEqual(
        (yield* Effect.flip(s3.presignGetObject(object, { expiresIn: 1000 })))._tag,
        "ConfigurationException"
      )
    }).pipe(
      Effect.provide(
        S3.layerFake({
          putObject: ({ Body = "" }) => Effect.succeed({ ETag: Buffer.from(Body).toString() }),
          getObject: () => Effect.succeed({ Body: Stream.make(new Uint8Array([104]), new Uint8Array([105])) })
        })
      )
    ))
})
