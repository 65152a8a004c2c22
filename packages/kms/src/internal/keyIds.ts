/** KMS keys by the id that a sealed value carries: the last part of the key's ARN. */
import { ConfigurationException } from "@armature/aws/Exceptions"
import * as Effect from "effect/Effect"

const keyName = /^(?:arn:[^:\s]+:kms:[^:\s]+:[^:\s]*:key\/)?([\w-]+)$/

/** The id in a key's ARN, or the id itself; `undefined` for an alias, which names another key after each rotation by hand. */
export const keyIdOf = (key: string): string | undefined => keyName.exec(key)?.[1]

/** The keys of an option by their ids. Refuses aliases, and two keys with one id: which of them is meant could not be told. */
export const keysById = (
  option: string,
  keys: ReadonlyArray<string>
): Effect.Effect<ReadonlyMap<string, string>, ConfigurationException> =>
  Effect.suspend(() => {
    const byId = new Map<string, string>()
    for (const key of keys) {
      const id = keyIdOf(key)
      if (id === undefined || (byId.get(id) ?? key) !== key) {
        return Effect.fail(new ConfigurationException({ service: "KMS", reason: "Invalid", option }))
      }
      byId.set(id, key)
    }
    return Effect.succeed(byId)
  })
