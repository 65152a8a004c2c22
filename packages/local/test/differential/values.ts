/** Random values, keys and attribute names: few of each, so that requests meet what earlier ones wrote. */
import * as Utils from "effect/Utils"

/** An attribute value as the SDK takes it. */
export type Value =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly B: Uint8Array }
  | { readonly BOOL: boolean }
  | { readonly NULL: true }
  | { readonly L: ReadonlyArray<Value> }
  | { readonly M: Readonly<Record<string, Value>> }
  | { readonly SS: ReadonlyArray<string> }
  | { readonly NS: ReadonlyArray<string> }
  | { readonly BS: ReadonlyArray<Uint8Array> }

export type Item = Readonly<Record<string, Value>>
export type KeyType = "S" | "N" | "B"

/** Decisions drawn from a seed. */
export class Chance {
  private readonly random: Utils.PCGRandom
  constructor(seed: number) {
    this.random = new Utils.PCGRandom(seed)
  }
  number(): number {
    return this.random.number()
  }
  int(below: number): number {
    return this.random.integer(below)
  }
  of(probability: number): boolean {
    return this.number() < probability
  }
  pick<A>(list: readonly [A, ...ReadonlyArray<A>]): A {
    return list[this.int(list.length)] ?? list[0]
  }
  /** Some of a list, at least one, in its order. */
  some<A>(list: readonly [A, ...ReadonlyArray<A>]): ReadonlyArray<A> {
    const chosen = list.filter(() => this.of(0.4))
    return chosen.length > 0 ? chosen : [list[0]]
  }
  times<A>(count: number, make: (i: number) => A): Array<A> {
    return Array.from({ length: count }, (_, i) => make(i))
  }
}

/** Where UTF-8 order and UTF-16 order differ, and where prefixes meet. */
const strings = ["a", "b", "ab", "abc", "é", "\u{1F600}", "\uFFFD", "z", "A", ""] as const
const numbers = [
  "0",
  "1",
  "-1",
  "2",
  "10",
  "1.5",
  "-2.5",
  "100",
  "1e3",
  "12345678901234567890123456789012345678",
  "0.001",
  "9.99E+20",
  "1E-20"
] as const

export const number = (chance: Chance): Value => ({ N: chance.pick(numbers) })
export const text = (chance: Chance): Value => ({ S: chance.pick(strings) })
const binary = (chance: Chance): Value => ({ B: bytes(chance) })
const bytes = (chance: Chance) => Uint8Array.from(chance.times(1 + chance.int(2), () => chance.pick([0, 1, 127, 255])))

/** Of a type that has an order. */
export const ordered = (chance: Chance): Value => chance.pick([text, number, number, binary])(chance)

export const numberSet = (chance: Chance): Value => ({ NS: chance.some(["1", "2", "3.5", "-4"]) })
export const stringSet = (chance: Chance): Value => ({ SS: chance.some(["a", "b", "c", "é"]) })
const binarySet = (chance: Chance): Value => ({
  BS: chance.some([Uint8Array.of(0), Uint8Array.of(127, 1), Uint8Array.of(255)])
})
export const set = (chance: Chance): Value => chance.pick([numberSet, stringSet, binarySet])(chance)

/** Of any type, nested to three levels at most. */
export const value = (chance: Chance, depth = 0): Value => {
  switch (chance.int(depth > 2 ? 6 : 11)) {
    case 0:
    case 1:
      return text(chance)
    case 2:
    case 3:
      return number(chance)
    case 4:
      return chance.of(0.5) ? binary(chance) : { NULL: true }
    case 5:
      return { BOOL: chance.of(0.5) }
    case 6:
      return { L: chance.times(chance.int(4), () => value(chance, depth + 1)) }
    case 7:
    case 8: {
      const members = chance.times(chance.int(3), () => [chance.pick(memberNames), value(chance, depth + 1)] as const)
      return { M: Object.fromEntries(members) }
    }
    default:
      return set(chance)
  }
}

const memberNames = ["x", "y", "zz"] as const
const attributes = ["a", "b", "c", "l", "m", "n", "st"] as const

export const attribute = (chance: Chance): string => chance.pick(attributes)

/** Attributes that are no key anywhere. */
export const plain = (chance: Chance): Item =>
  Object.fromEntries(attributes.filter(() => chance.of(0.5)).map((name) => [name, value(chance)]))

/** A document path; `#a` stands for `a`. */
export const path = (chance: Chance): string => {
  let path: string = attribute(chance)
  if (path === "a" && chance.of(0.3)) path = "#a"
  while (chance.of(0.25)) path += chance.of(0.5) ? `.${chance.pick(memberNames)}` : `[${chance.int(3)}]`
  return path
}

/** A key value of a type; now and then one that the schema refuses. */
export const keyValue = (chance: Chance, type: KeyType): Value => {
  if (chance.of(0.01)) return chance.pick([{ S: "" }, { N: "5" }, { BOOL: true }, { S: "q" }])
  switch (type) {
    case "S":
      return { S: chance.pick(["p1", "p2", "é", "\u{1F600}", "\uFFFD"]) }
    case "N":
      return { N: chance.pick(["1", "2", "-3", "10", "1.50", "0"]) }
    case "B":
      return { B: bytes(chance) }
  }
}
