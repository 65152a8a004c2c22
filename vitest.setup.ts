/**
 * What each test file stands on.
 *
 * Chai's deep equality takes an `Option.some` for an `Option.none`, and an `Either.left` for an `Either.right`: what tells them apart stands on
 * their prototypes. Node's looks at prototypes.
 *
 * A property tries the same in each run, so that a change is judged by what it changes; `ARMATURE_SEED` has it try something else.
 */
import * as FastCheck from "effect/FastCheck"
import { deepStrictEqual } from "node:assert/strict"
import { assert } from "vitest"

FastCheck.configureGlobal({ seed: Number(process.env["ARMATURE_SEED"] ?? 20260101) })

assert.deepStrictEqual = (actual, expected, message) => deepStrictEqual(actual, expected, message)
assert.deepEqual = assert.deepStrictEqual
