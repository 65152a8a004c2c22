/** The form of a stored value in an item, version 1, and back. */
import * as Either from "effect/Either"
import type { Pointer, Stored } from "../Pointer.js"
import type { PointerMember, ReadonlyAttributeValue } from "./attributeValue.js"

const version = "1"
const sha256Length = 32

const optional = (name: string, value: string | undefined): { readonly [name: string]: PointerMember } =>
  value === undefined ? {} : { [name]: { S: value } }

export const encode = <V>(stored: Stored<V>): { readonly M: { readonly [name: string]: V | PointerMember } } => {
  const v = { N: version }
  if (stored._tag === "Inline") return { M: { v, i: stored.value } }
  const { bucket, contentType, key, region, sha256, size, versionId } = stored.pointer
  const p = {
    M: {
      bucket: { S: bucket },
      region: { S: region },
      key: { S: key },
      size: { N: String(size) },
      sha256: { B: sha256 },
      ...optional("versionId", versionId),
      ...optional("contentType", contentType)
    }
  }
  return { M: { v, p } }
}

type Members = { readonly [name: string]: ReadonlyAttributeValue }

/** The one member that an attribute value has. */
const sole = (value: ReadonlyAttributeValue | undefined): readonly [string, unknown] | undefined => {
  if (typeof value !== "object" || value === null) return undefined
  const filled = Object.entries(value).filter(([, content]) => content !== undefined)
  return filled.length === 1 ? filled[0] : undefined
}

const text = (value: ReadonlyAttributeValue | undefined): string | undefined => {
  const [type, content] = sole(value) ?? []
  return type === "S" && typeof content === "string" && content.length > 0 ? content : undefined
}

const membersOf = (value: ReadonlyAttributeValue | undefined): Members | undefined =>
  sole(value)?.[0] === "M" && typeof value?.M === "object" && value.M !== null ? value.M : undefined

const hasOnly = (members: Members, names: ReadonlyArray<string>): boolean =>
  Object.keys(members).every((name) => names.includes(name))

const wholeNumber = /^(0|[1-9]\d{0,15})$/

const sizeOf = (value: ReadonlyAttributeValue | undefined): number | undefined => {
  const [type, content] = sole(value) ?? []
  if (type !== "N" || typeof content !== "string" || !wholeNumber.test(content)) return undefined
  const size = Number(content)
  return Number.isSafeInteger(size) ? size : undefined
}

const own = (members: Members, name: string): ReadonlyAttributeValue | undefined =>
  Object.hasOwn(members, name) ? members[name] : undefined

const optionalText = (members: Members, name: string): string | undefined | false => {
  const value = own(members, name)
  return value === undefined ? undefined : text(value) ?? false
}

const pointerMembers = ["bucket", "region", "key", "size", "sha256", "versionId", "contentType"]

const decodePointer = (members: Members): Pointer | undefined => {
  const bucket = text(own(members, "bucket"))
  const region = text(own(members, "region"))
  const key = text(own(members, "key"))
  const size = sizeOf(own(members, "size"))
  const sha256 = own(members, "sha256")
  const digest = sole(sha256)?.[0] === "B" ? sha256?.B : undefined
  const versionId = optionalText(members, "versionId")
  const contentType = optionalText(members, "contentType")
  if (
    !hasOnly(members, pointerMembers) || bucket === undefined || region === undefined || key === undefined ||
    size === undefined || !(digest instanceof Uint8Array) || digest.length !== sha256Length || versionId === false ||
    contentType === false
  ) {
    return undefined
  }
  return {
    bucket,
    region,
    key,
    size,
    sha256: digest,
    ...(versionId === undefined ? {} : { versionId }),
    ...(contentType === undefined ? {} : { contentType })
  }
}

export const decode = (value: ReadonlyAttributeValue): Either.Either<Stored, string> => {
  const members = membersOf(value)
  const stated = members === undefined ? undefined : own(members, "v")
  if (members === undefined || stated === undefined) return Either.left("is not a stored value")
  const [type, number] = sole(stated) ?? []
  if (type !== "N" || number !== version) return Either.left("is a stored value of an unknown version")
  const inlined = own(members, "i")
  if (inlined !== undefined) {
    return hasOnly(members, ["v", "i"]) && sole(inlined) !== undefined
      ? Either.right({ _tag: "Inline", value: inlined })
      : Either.left("is not a stored value that stands inline")
  }
  const parts = hasOnly(members, ["v", "p"]) ? membersOf(own(members, "p")) : undefined
  const pointer = parts === undefined ? undefined : decodePointer(parts)
  return pointer === undefined ? Either.left("is not a pointer") : Either.right({ _tag: "Offloaded", pointer })
}

export const inItem = (item: Members): ReadonlyArray<Pointer> => {
  const found: Array<Pointer> = []
  const look = (value: ReadonlyAttributeValue): void => {
    const stored = decode(value)
    if (Either.isRight(stored) && stored.right._tag === "Offloaded") found.push(stored.right.pointer)
    else if (value.M !== undefined) Object.values(value.M).forEach(look)
    else if (value.L !== undefined) value.L.forEach(look)
  }
  // an item is nested 32 levels deep at most
  Object.values(item).forEach(look)
  return found
}
