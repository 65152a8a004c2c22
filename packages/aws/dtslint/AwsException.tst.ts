/** The guards and catchers narrow to what they catch, and take it out of the error channel. */
import * as AwsException from "@armature/aws/AwsException"
import type * as Exceptions from "@armature/aws/Exceptions"
import * as Effect from "effect/Effect"
import { describe, expect, it } from "tstyche"

class Mine {
  readonly _tag = "Mine"
}

type Some = Exceptions.ThrottlingException | Exceptions.AccessDeniedException | Mine

declare const some: Some
declare const any: AwsException.AwsException
declare const thrown: unknown
declare const call: Effect.Effect<number, Some>

describe("AwsException", () => {
  it("narrows a union to its members of the category", () => {
    if (AwsException.isThrottling(some)) expect(some).type.toBe<Exceptions.ThrottlingException>()
    else expect(some).type.toBe<Exceptions.AccessDeniedException | Mine>()
    if (AwsException.isTransient(some)) expect(some).type.toBe<never>()
  })

  it("narrows a failure that is not known more closely to one, not to none", () => {
    if (AwsException.isThrottling(any)) {
      expect(any._tag).type.toBe<"ThrottlingException" | "ProvisionedThroughputExceededException">()
      expect(any.retryAfter).type.toBe<number | undefined>()
    }
    if (AwsException.isAuth(thrown)) {
      expect(thrown._tag).type.toBe<"AccessDeniedException" | "CredentialsException">()
    }
  })

  it("takes what is caught out of the error channel", () => {
    expect(call.pipe(AwsException.catchThrottling((e) => Effect.succeed(e._tag)))).type.toBe<
      Effect.Effect<number | "ThrottlingException", Exceptions.AccessDeniedException | Mine>
    >()
    expect(AwsException.catchAuth(call, (e) => Effect.fail(e.requestId))).type.toBe<
      Effect.Effect<number, Exceptions.ThrottlingException | Mine | string | undefined>
    >()
    expect(AwsException.catchAws(call, () => Effect.void)).type.toBe<Effect.Effect<number | void, Mine>>()
  })
})
