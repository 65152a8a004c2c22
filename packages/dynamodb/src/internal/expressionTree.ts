/**
 * The trees of expressions: plain values, made by the constructors of `Expression` and read by the renderer.
 */
import type { AttributeValue } from "@aws-sdk/client-dynamodb"

/** Tells an operand from a native value, which may be any object. */
export const TypeId: unique symbol = Symbol.for("@armature/dynamodb/Expression")

export type TypeId = typeof TypeId

export type Path = string | readonly [name: string, ...steps: ReadonlyArray<string | number>]

interface Node<Tag extends string> {
  readonly [TypeId]: TypeId
  readonly _tag: Tag
}

export interface PathOperand extends Node<"Path"> {
  readonly path: Path
}

export interface NativeOperand extends Node<"Native"> {
  readonly value: unknown
}

export interface WireOperand extends Node<"Wire"> {
  readonly value: AttributeValue
}

export interface Size extends Node<"Size"> {
  readonly path: Path
}

export interface IfNotExists extends Node<"IfNotExists"> {
  readonly path: Path
  readonly value: unknown
}

export interface ListAppend extends Node<"ListAppend"> {
  readonly left: Path | SetOperand
  readonly right: unknown
}

export interface Sum extends Node<"Sum"> {
  readonly operator: "+" | "-"
  readonly left: Path | SetOperand
  readonly right: unknown
}

/** What both conditions and updates can have. */
export type ValueOperand = PathOperand | NativeOperand | WireOperand
export type ConditionOperand = ValueOperand | Size
export type SetOperand = ValueOperand | IfNotExists | ListAppend
export type Operand = ConditionOperand | SetOperand | Sum

export type Comparator = "=" | "<>" | "<" | "<=" | ">" | ">="

export interface Compare<out Op extends Comparator = Comparator> {
  readonly _tag: "Compare"
  readonly operator: Op
  readonly left: Path | ConditionOperand
  readonly right: unknown
}

export interface Between {
  readonly _tag: "Between"
  readonly of: Path | ConditionOperand
  readonly low: unknown
  readonly high: unknown
}

export interface In {
  readonly _tag: "In"
  readonly of: Path | ConditionOperand
  readonly values: readonly [unknown, ...ReadonlyArray<unknown>]
}

/** A function of a path or operand, and a value where it takes one. */
export interface Call<out Name extends "begins_with" | "contains" = "begins_with" | "contains"> {
  readonly _tag: "Call"
  readonly name: Name
  readonly of: Path | ConditionOperand
  readonly value: unknown
}

export interface Exists {
  readonly _tag: "Exists"
  readonly exists: boolean
  readonly path: Path
}

export type AttributeType = "S" | "N" | "B" | "BOOL" | "NULL" | "M" | "L" | "SS" | "NS" | "BS"

export interface HasType {
  readonly _tag: "HasType"
  readonly path: Path
  readonly type: AttributeType
}

export type Conditions = readonly [Condition, ...ReadonlyArray<Condition>]

export interface And<out C extends Conditions = Conditions> {
  readonly _tag: "And"
  readonly conditions: C
}

export interface Or {
  readonly _tag: "Or"
  readonly conditions: Conditions
}

export interface Not {
  readonly _tag: "Not"
  readonly condition: Condition
}

export type Condition = Compare | Between | In | Call | Exists | HasType | And | Or | Not

export type KeyPart = Compare<Exclude<Comparator, "<>">> | Between | Call<"begins_with">

export type KeyCondition = KeyPart | And<readonly [KeyPart, ...ReadonlyArray<KeyPart>]>

export interface SetAction {
  readonly _tag: "Set"
  readonly path: Path
  readonly value: unknown
}

export interface RemoveAction {
  readonly _tag: "Remove"
  readonly path: Path
}

/** ADD and DELETE take a value only. */
export interface MemberAction<out Tag extends "Add" | "Delete" = "Add" | "Delete"> {
  readonly _tag: Tag
  readonly path: Path
  readonly value: unknown
}

export type Action = SetAction | RemoveAction | MemberAction

export type Update = readonly [Action, ...ReadonlyArray<Action>]

export type Projection = readonly [Path, ...ReadonlyArray<Path>]

export interface Expressions {
  readonly condition?: Condition | string | undefined
  readonly filter?: Condition | string | undefined
  readonly keyCondition?: KeyCondition | string | undefined
  readonly projection?: Projection | string | undefined
  readonly update?: Update | string | undefined
  readonly names?: Readonly<Record<string, string>> | undefined
  readonly values?: Readonly<Record<string, unknown>> | undefined
}
