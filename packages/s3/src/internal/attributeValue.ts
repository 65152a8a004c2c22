/** A DynamoDB attribute value as this package needs it: the shape alone. Services do not import each other. */

/** An attribute value that is only read: one of AWS's SDK, which has all members and fills one, or of any type like it. */
export interface ReadonlyAttributeValue {
  readonly S?: string | undefined
  readonly N?: string | undefined
  readonly B?: Uint8Array | undefined
  readonly BOOL?: boolean | undefined
  readonly NULL?: boolean | undefined
  readonly SS?: ReadonlyArray<string> | undefined
  readonly NS?: ReadonlyArray<string> | undefined
  readonly BS?: ReadonlyArray<Uint8Array> | undefined
  readonly L?: ReadonlyArray<ReadonlyAttributeValue> | undefined
  readonly M?: { readonly [name: string]: ReadonlyAttributeValue } | undefined
}

/** The value of a key attribute. */
export type KeyValue =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly B: Uint8Array }

/** What a pointer is written with. */
export type PointerMember =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly B: Uint8Array }
  | { readonly M: { readonly [name: string]: PointerMember } }
