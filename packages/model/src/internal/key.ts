/** What a key is made of: text, and attributes with the way each is written. */

/** How an attribute's value is written into the text of a key. */
export type Encoding =
  | { readonly _tag: "Text" }
  | { readonly _tag: "Number"; readonly digits: number; readonly decimals: number }
  | { readonly _tag: "Date" }
  | { readonly _tag: "Raw" }

export const text: Encoding = { _tag: "Text" }

/** An attribute in a template, and the text between it and the next, or the end. */
export interface Segment {
  readonly attribute: string
  readonly encoding: Encoding
  readonly after: string
}

/** A template: text, then each attribute with the text after it. */
export interface Template {
  readonly _tag: "Template"
  readonly before: string
  readonly segments: ReadonlyArray<Segment>
}

/** An attribute that is itself the key, with its own type. */
export interface Attribute {
  readonly _tag: "Attribute"
  readonly attribute: string
}

export type Plan = Template | Attribute

/** The text after a part must begin with this: it sorts below everything that a part may hold. */
const separator = "#"

/** A number has at most this many digits in DynamoDB. */
const maxDigits = 38

const isCount = (n: number, least: number): boolean => Number.isInteger(n) && n >= least && n <= maxDigits

/** Why no key can be made of a plan, or undefined. */
export const problemOf = (plan: Plan): string | undefined => {
  if (plan._tag === "Attribute") return plan.attribute === "" ? "an attribute's name is empty" : undefined
  const seen = new Set<string>()
  if (plan.before === "" && plan.segments.length === 0) return "the template is empty"
  for (const [i, { after, attribute, encoding }] of plan.segments.entries()) {
    const last = i === plan.segments.length - 1
    if (attribute === "") return "an attribute's name is empty"
    if (seen.has(attribute)) return `${attribute} is in it twice`
    seen.add(attribute)
    if (after === "" && !last) return `there is no text between ${attribute} and the part after it`
    if (after !== "" && !after.startsWith(separator) && encoding._tag !== "Raw") {
      return `the text after ${attribute} does not begin with ${separator}, which keeps the order of keys`
    }
    if (encoding._tag !== "Number") continue
    if (!isCount(encoding.digits, 1) || !isCount(encoding.decimals, 0)) {
      return `${attribute} has digits that are no whole number from 1 to ${maxDigits}, or such decimals`
    }
  }
  return undefined
}
