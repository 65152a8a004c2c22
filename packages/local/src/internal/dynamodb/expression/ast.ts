/**
 * The trees that expressions become. As parsed, names and values are placeholders; bound to a request they are attribute names and
 * attribute values. Legacy parameters and PartiQL make bound trees directly, so that each meaning is evaluated in one place.
 */
import type { AttributeValue } from "../value.js"

/** `attribute` or `#alias` by its text, or a list index. */
export type ParsedPath = ReadonlyArray<string | number>
export type Path = ReadonlyArray<string | number>

export type Comparator = "=" | "<>" | "<" | "<=" | ">" | ">="

export type Function = "attribute_exists" | "attribute_not_exists" | "attribute_type" | "begins_with" | "contains"

export type Operand<V> =
  | { readonly kind: "path"; readonly path: Path }
  | { readonly kind: "value"; readonly value: V }
  | { readonly kind: "size"; readonly of: Operand<V> }

export type ConditionOf<V> =
  | { readonly kind: "compare"; readonly operator: Comparator; readonly left: Operand<V>; readonly right: Operand<V> }
  | { readonly kind: "between"; readonly of: Operand<V>; readonly low: Operand<V>; readonly high: Operand<V> }
  | { readonly kind: "in"; readonly of: Operand<V>; readonly list: ReadonlyArray<Operand<V>> }
  | { readonly kind: "call"; readonly name: Function; readonly operands: ReadonlyArray<Operand<V>> }
  | { readonly kind: "and"; readonly left: ConditionOf<V>; readonly right: ConditionOf<V> }
  | { readonly kind: "or"; readonly left: ConditionOf<V>; readonly right: ConditionOf<V> }
  | { readonly kind: "not"; readonly of: ConditionOf<V> }

export type SetValueOf<V> =
  | Operand<V>
  | { readonly kind: "ifNotExists"; readonly path: Path; readonly otherwise: SetValueOf<V> }
  | { readonly kind: "listAppend"; readonly left: SetValueOf<V>; readonly right: SetValueOf<V> }
  | { readonly kind: "sum"; readonly operator: "+" | "-"; readonly left: SetValueOf<V>; readonly right: SetValueOf<V> }

export type ActionOf<V> =
  | { readonly kind: "set"; readonly path: Path; readonly value: SetValueOf<V> }
  | { readonly kind: "remove"; readonly path: Path }
  | { readonly kind: "add"; readonly path: Path; readonly value: V }
  | { readonly kind: "delete"; readonly path: Path; readonly value: V }

export type Condition = ConditionOf<AttributeValue>
export type SetValue = SetValueOf<AttributeValue>
export type Action = ActionOf<AttributeValue>

export interface Update {
  readonly actions: ReadonlyArray<Action>
  /** Made of `AttributeUpdates`, whose refusals are worded differently. */
  readonly legacy: boolean
}

/** A parsed expression: its tree, the placeholders in order of appearance, and what the text alone shows to be wrong with it. */
export interface Parsed<A> {
  readonly tree: A
  readonly placeholders: ReadonlyArray<string>
  /** Wrong whatever the placeholders stand for, and said before anything about them. */
  readonly fault: string | undefined
  /** A wrong number of operands, said after undefined placeholders. */
  readonly operandFault: string | undefined
}
