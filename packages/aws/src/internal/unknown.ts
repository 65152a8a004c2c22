/** Reading what nobody has typed: what a provider or a server's answer throws may have getters that throw, or be a proxy, or lead to itself. */

/** A member of anything; `undefined` where it has none, or none that can be read. */
export const member = (u: unknown, name: PropertyKey): unknown => {
  if (typeof u !== "object" || u === null) return undefined
  try {
    return Reflect.get(u, name)
  } catch {
    return undefined
  }
}

/** A member that is text; `""` where it is not. */
export const textOf = (u: unknown, name: string): string => {
  const value = member(u, name)
  return typeof value === "string" ? value : ""
}

/** The errors that an error stands for: two addresses were tried. */
export const errorsOf = (u: unknown): ReadonlyArray<unknown> => {
  const errors = member(u, "errors")
  try {
    return Array.isArray(errors) ? Array.from(errors) : []
  } catch {
    return []
  }
}

/** Names and codes that are an error's own, as opposed to text that may quote what a program or a server sent. */
export const word = (u: unknown): string | undefined =>
  typeof u === "string" && /^[\w.:-]{1,80}$/.test(u) ? u : undefined

/** What a function gives; `undefined` where it throws. */
export const attempt = <A>(f: () => A): A | undefined => {
  try {
    return f()
  } catch {
    return undefined
  }
}
