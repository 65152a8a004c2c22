/**
 * A DynamoDB attribute value as this package needs it: the shape alone. Services do not import each other, and no SDK is needed to
 * seal a value.
 */

/** One attribute value in DynamoDB's own notation; exactly one member. */
export type AttributeValue =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly B: Uint8Array }
  | { readonly BOOL: boolean }
  | { readonly NULL: boolean }
  | { readonly SS: ReadonlyArray<string> }
  | { readonly NS: ReadonlyArray<string> }
  | { readonly BS: ReadonlyArray<Uint8Array> }
  | { readonly L: ReadonlyArray<AttributeValue> }
  | { readonly M: { readonly [name: string]: AttributeValue } }

/** An attribute value that is only read: of the type above, or of the AWS SDK's, which has all members and fills one. */
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

/** DynamoDB's names for the types of an attribute value. */
export type AttributeType = "S" | "N" | "B" | "BOOL" | "NULL" | "SS" | "NS" | "BS" | "L" | "M"
