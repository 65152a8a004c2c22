/** A key knows the names of its attributes, in order. */
import * as Key from "@armature/model/Key"
import { key } from "@armature/model/Key"
import { describe, expect, it } from "tstyche"

describe("Key", () => {
  it("keeps the names of its parts in order", () => {
    expect(key`T#${"tenant"}#${"id"}`).type.toBe<Key.Key<readonly ["tenant", "id"], "template">>()
    expect(key`${Key.number("n", { digits: 3 })}#${"id"}#${Key.date("at")}#${Key.raw("rest")}`).type.toBe<
      Key.Key<readonly ["n", "id", "at", "rest"], "template">
    >()
    expect(key`ALL`).type.toBe<Key.Key<readonly [], "template">>()
    expect(key.attribute("id")).type.toBe<Key.Key<readonly ["id"], "attribute">>()
  })

  it("is a key of its names, and of no others", () => {
    expect(key`${"tenant"}#${"id"}`).type.toBeAssignableTo<Key.Key<ReadonlyArray<"tenant" | "id">>>()
    expect(key`${"tenant"}#${"id"}`).type.not.toBeAssignableTo<Key.Key<ReadonlyArray<"id">>>()
    expect(key.attribute("id")).type.not.toBeAssignableTo<Key.Key<readonly ["id"], "template">>()
  })

  it("takes names and parts alone", () => {
    const name = "id"
    expect(key`${name}`).type.toBe<Key.Key<readonly ["id"], "template">>()
    // @ts-expect-error is not assignable to parameter of type 'string | Part<string>'
    key`${1}`
    expect(Key.number).type.not.toBeCallableWith("n")
    expect(Key.number).type.not.toBeCallableWith("n", { decimals: 2 })
  })
})
