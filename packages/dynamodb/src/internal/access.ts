/** Whether a PartiQL statement reads or writes: what it may fail with, and whether it may be repeated, follows from that. */

export type Access = "read" | "write"

type Space = " " | "\n" | "\r" | "\t"

type Trimmed<S extends string> = S extends `${Space}${infer Rest}` ? Trimmed<Rest> : S

/** One, the other, or both where the text alone does not tell the compiler. It never says one where `accessOf` says the other. */
type AccessOf<S> = S extends string ? string extends S ? Access : ByKeyword<Uppercase<Trimmed<S>>>
  : Access

type ByKeyword<S extends string> = S extends `SELECT${string}` ? "read"
  : S extends `${"INSERT" | "UPDATE" | "DELETE"}${string}` ? "write"
  : Access

/** `Read` for a statement that reads, `Write` for one that writes, both where that is not known. */
export type ByAccess<S, Read, Write> = { readonly read: Read; readonly write: Write }[AccessOf<S>]

const leading = /^(?:\s|--[^\n]*|\/\*[^]*?\*\/)*/

/** What the first keyword says; whatever is no SELECT is taken for a write, which is never repeated blindly. */
export const accessOf = (statement: string | undefined): Access =>
  /^select/i.test(String(statement).replace(leading, "")) ? "read" : "write"
