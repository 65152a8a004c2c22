/** The structures that the direct transport writes and reads by, against those of the AWS SDK's client. */
import * as Sdk from "@aws-sdk/client-dynamodb"
import { describe, it } from "@effect/vitest"
import { assert } from "vitest"
import { errors, named } from "../src/internal/directOperations.js"
import { structures } from "../src/internal/directStructures.js"

// The SDK's shapes are tuples: what kind, …, its name, …, and of a list or map what it is of, of a structure its members. A number is a simple
// shape, or with a bit a list or a map of one; a function gives its shape when it is asked; a pair is a member's shape and its traits.
const simple = (kind: number): string =>
  (kind & 128) !== 0
    ? `{${simple(kind & ~128)}}`
    : (kind & 64) !== 0
    ? `[${simple(kind & ~64)}]`
    : kind === 1
    ? "#"
    : kind === 4 || kind === 7
    ? "@"
    : ""

const token = 4

const collect = (found: Map<string, string>) => {
  const typeOf = (shape: unknown): string => {
    if (typeof shape === "function") return typeOf((shape as () => unknown)())
    if (typeof shape === "number") return simple(shape)
    if (!Array.isArray(shape)) return ""
    const tuple: ReadonlyArray<unknown> = shape
    if (tuple.length === 2) {
      const [of, traits] = tuple
      return `${typeOf(of)}${typeof traits === "number" && (traits & token) !== 0 ? "!" : ""}`
    }
    switch (tuple[0]) {
      case 1:
        return `[${typeOf(tuple[4])}]`
      case 2:
        return `{${typeOf(tuple[5])}}`
      case 4:
        return "A"
      default: {
        const name = String(tuple[2])
        if (!found.has(name)) {
          found.set(name, "")
          const [names, shapes] = [tuple[4], tuple[5]]
          const members = Array.isArray(names) && Array.isArray(shapes) ? names.map((n, i) => [n, shapes[i]]) : []
          found.set(
            name,
            members.map(([member, of]) => {
              const type = typeOf(of)
              return `${member}${type === "" ? "" : ":"}${type}`
            }).join(" ")
          )
        }
        return name
      }
    }
  }
  return typeOf
}

describe("the structures of the direct transport", () => {
  it("are those of the AWS SDK's client", () => {
    const shapes = new Map(Object.entries(Sdk))
    const found = new Map<string, string>()
    const typeOf = collect(found)
    for (const operation of Object.keys(named)) {
      const shape: unknown = shapes.get(`${operation}$`)
      if (!Array.isArray(shape)) assert.fail(operation)
      // an input or output without members is the SDK's "unit"
      assert.include([`${operation}Input`, ""], typeOf(shape[4]))
      assert.include([`${operation}Output`, "Unit", ""], typeOf(shape[5]), operation)
    }
    for (const error of errors) typeOf(shapes.get(`${error}$`))
    found.delete("Unit")
    assert.deepStrictEqual(structures, Object.fromEntries(found))
  })
})
