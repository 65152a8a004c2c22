/**
 * S3's requests to the SDK's input shapes, and output shapes to S3's answers, as AWS's model binds each member: to a header, to the
 * query, to the body, to an element of XML.
 */
import type { NormalizedSchema } from "@smithy/core/schema"
import type { Head } from "../answer.js"
import { headerOf, queryOf } from "../signature.js"
import type { Target } from "./route.js"
import * as Xml from "./xml.js"

export type Members = Readonly<Record<string, unknown>>

const isRecord = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** A value that cannot be what the model says: which member it is for. */
export class BadValue extends Error {
  constructor(readonly member: string) {
    super()
  }
}

// The SDK's sentinel for a timestamp that is ISO 8601 wherever it stands.
const dateTime = 5

const scalar = (schema: NormalizedSchema, member: string, text: string): unknown => {
  if (schema.isNumericSchema()) {
    const value = Number(text)
    if (text.trim() === "" || Number.isNaN(value)) throw new BadValue(member)
    return value
  }
  if (schema.isBooleanSchema()) return text === "true"
  if (schema.isTimestampSchema()) {
    const date = new Date(text)
    // S3 ignores a condition whose date it cannot read.
    return Number.isNaN(date.getTime()) ? undefined : date
  }
  if (schema.isListSchema()) return text.split(",").map((part) => part.trim()).filter((part) => part !== "")
  return text
}

const fromElement = (schema: NormalizedSchema, member: string, element: Xml.Element): unknown => {
  if (schema.isStructSchema()) return structure(schema, element)
  if (schema.isListSchema()) {
    const of = schema.getValueSchema()
    return element.children.map((child) => fromElement(of, member, child))
  }
  return scalar(schema, member, element.text)
}

const structure = (schema: NormalizedSchema, element: Xml.Element): Members => {
  const out: Record<string, unknown> = {}
  for (const [name, of] of schema.structIterator()) {
    const traits = of.getMergedTraits()
    const wanted = traits.xmlName ?? name
    const found = element.children.filter((child) => child.name === wanted)
    const first = found[0]
    if (first === undefined) continue
    out[name] = of.isListSchema() && traits.xmlFlattened
      ? found.map((child) => fromElement(of.getValueSchema(), name, child))
      : fromElement(of, name, first)
  }
  return out
}

/** The member that takes the whole body, if the operation has one. */
export const payloadOf = (schema: NormalizedSchema): readonly [name: string, schema: NormalizedSchema] | undefined =>
  schema.isUnitSchema()
    ? undefined
    : [...schema.structIterator()].find(([, of]) => of.getMergedTraits().httpPayload !== undefined)

const prefixed = (head: Head, prefix: string): Members => {
  const out: Record<string, string> = {}
  for (const [name, value] of head.headers) {
    const lower = name.toLowerCase()
    if (!lower.startsWith(prefix)) continue
    const key = lower.slice(prefix.length)
    out[key] = out[key] === undefined ? value : `${out[key]},${value}`
  }
  return out
}

/** Everything of an input but its body. Throws `BadValue`. */
export const fromHead = (schema: NormalizedSchema, head: Head, target: Target): Record<string, unknown> => {
  const out: Record<string, unknown> = {}
  if (schema.isUnitSchema()) return out
  for (const [name, of] of schema.structIterator()) {
    const traits = of.getMergedTraits()
    if (traits.httpLabel) {
      out[name] = name === "Bucket" ? target.bucket : target.key
      continue
    }
    if (typeof traits.httpPrefixHeaders === "string") {
      out[name] = prefixed(head, traits.httpPrefixHeaders)
      continue
    }
    const text = traits.httpHeader !== undefined
      ? headerOf(head, traits.httpHeader)
      : traits.httpQuery !== undefined
      ? queryOf(head, traits.httpQuery)
      : undefined
    if (text !== undefined) out[name] = scalar(of, name, text)
  }
  return out
}

/** The body as the member that takes it; `undefined` if it is not well-formed XML of the right root. */
export const fromXml = (schema: NormalizedSchema, member: string, document: string): unknown => {
  const root = Xml.parse(document)
  const name = schema.getMergedTraits().xmlName ?? schema.getName()
  return root === undefined || root.name !== name ? undefined : fromElement(schema, member, root)
}

const httpDate = (date: Date): string => date.toUTCString()

const isoDate = (date: Date): string => date.toISOString()

const toXml = (schema: NormalizedSchema, name: string, value: unknown): string => {
  if (value === undefined || value === null) return ""
  if (schema.isStructSchema()) return isRecord(value) ? Xml.element(name, innerXml(schema, value)) : ""
  if (schema.isListSchema()) {
    const of = schema.getValueSchema()
    const items = Array.isArray(value) ? value : []
    if (schema.getMergedTraits().xmlFlattened) return items.map((item) => toXml(of, name, item)).join("")
    const itemName = of.getMergedTraits().xmlName ?? "member"
    return Xml.element(name, items.map((item) => toXml(of, itemName, item)).join(""))
  }
  return Xml.element(name, Xml.escape(value instanceof Date ? isoDate(value) : String(value)))
}

const innerXml = (schema: NormalizedSchema, value: Members): string => {
  let out = ""
  for (const [name, of] of schema.structIterator()) {
    const traits = of.getMergedTraits()
    if (traits.httpHeader !== undefined || traits.httpPrefixHeaders !== undefined) continue
    out += toXml(of, traits.xmlName ?? name, value[name])
  }
  return out
}

const document = (name: string, inner: string): string => Xml.declaration + Xml.element(name, inner, Xml.namespace)

const validHeader = /^[\t\x20-\x7e\x80-\xff]*$/

export interface Encoded {
  readonly headers: Readonly<Record<string, string>>
  /** XML, or the value of the member that takes the whole body, or nothing. */
  readonly xml: string | undefined
  readonly payload: unknown
}

/** An output's headers and body. */
export const toAnswer = (schema: NormalizedSchema, output: Members): Encoded => {
  const headers: Record<string, string> = {}
  if (schema.isUnitSchema()) return { headers, xml: undefined, payload: undefined }
  let missing = 0
  let inBody = 0
  for (const [name, of] of schema.structIterator()) {
    const traits = of.getMergedTraits()
    const value = output[name]
    if (typeof traits.httpPrefixHeaders === "string") {
      for (const [key, text] of Object.entries(isRecord(value) ? value : {})) {
        if (typeof text === "string" && validHeader.test(text)) headers[traits.httpPrefixHeaders + key] = text
        else missing++
      }
    } else if (traits.httpHeader !== undefined) {
      if (value === undefined || value === null) continue
      headers[traits.httpHeader.toLowerCase()] = value instanceof Date
        ? (of.getSchema() === dateTime ? isoDate(value) : httpDate(value))
        : String(value)
    } else if (traits.httpPayload === undefined) inBody++
  }
  if (missing > 0) headers["x-amz-missing-meta"] = String(missing)
  const payload = payloadOf(schema)
  if (payload !== undefined) {
    const [member, of] = payload
    if (!of.isStructSchema()) return { headers, xml: undefined, payload: output[member] }
    const value = output[member]
    const root = of.getMergedTraits().xmlName ?? of.getName() ?? member
    return { headers, xml: document(root, isRecord(value) ? innerXml(of, value) : ""), payload: undefined }
  }
  if (inBody === 0) return { headers, xml: undefined, payload: undefined }
  const root = schema.getMergedTraits().xmlName ?? schema.getName() ?? "Result"
  // The one answer of S3 whose only member is the text of the root itself.
  const sole = root === "LocationConstraint" ? output[root] : undefined
  return {
    headers,
    xml: document(root, sole === undefined ? innerXml(schema, output) : Xml.escape(String(sole))),
    payload: undefined
  }
}
