/** The port gives each operation its own input and output. */
import type * as Transport from "@armature/aws/Transport"
import type { WireFailure } from "@armature/aws/WireFailure"
import type * as Effect from "effect/Effect"
import { describe, expect, it } from "tstyche"

interface Ops {
  readonly Get: { readonly input: { readonly key: string }; readonly output: { readonly item?: number } }
  readonly Put: { readonly input: { readonly item: number }; readonly output: void }
}

declare const transport: Transport.Transport<Ops>

describe("Transport", () => {
  it("answers with the operation's output, and fails with a WireFailure only", () => {
    expect(transport.send("Get", { key: "a" })).type.toBe<Effect.Effect<{ readonly item?: number }, WireFailure>>()
    expect(transport.send("Put", { item: 1 })).type.toBe<Effect.Effect<void, WireFailure>>()
  })

  it("takes the operation's input only, and known operations only", () => {
    expect(transport.send).type.not.toBeCallableWith("Get", { item: 1 })
    expect(transport.send).type.not.toBeCallableWith("List", {})
  })

  it("has the options of the workspace's compiler", () => {
    expect<{ readonly item: undefined }>().type.not.toBeAssignableTo<{ readonly item?: number }>()
  })
})
