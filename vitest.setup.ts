/**
 * Chai's deep equality takes an `Option.some` for an `Option.none`, and an `Either.left` for an `Either.right`: what tells them apart stands on
 * their prototypes. Node's looks at prototypes.
 */
import { deepStrictEqual } from "node:assert/strict"
import { assert } from "vitest"

assert.deepStrictEqual = (actual, expected, message) => deepStrictEqual(actual, expected, message)
assert.deepEqual = assert.deepStrictEqual
