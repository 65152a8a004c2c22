/** Rights one by one, and how they are put together into as few statements of a policy as say the same. */

export type Values = string | ReadonlyArray<string>
export type Condition = Readonly<Record<string, Readonly<Record<string, Values>>>>

export interface Statement {
  readonly Effect: "Allow"
  readonly Action: ReadonlyArray<string>
  readonly Resource: ReadonlyArray<string>
  readonly Condition?: Condition
}

/** One action on one resource. */
export interface Grant {
  readonly action: string
  readonly resource: string
  /**
   * What the partition keys of its request are like. It is not in `condition`: a request may have keys of several entities (a batch), and
   * one statement has to allow all of them.
   */
  readonly leading?: string | undefined
  readonly condition?: Condition | undefined
}

interface Merged {
  readonly actions: ReadonlyArray<string>
  readonly resources: ReadonlyArray<string>
  /** Any key, or those of these patterns. */
  readonly leading: ReadonlyArray<string> | undefined
  readonly condition: Condition
}

const groupBy = <A>(all: Iterable<A>, keyOf: (one: A) => unknown): ReadonlyArray<ReadonlyArray<A>> => {
  const groups = new Map<string, Array<A>>()
  for (const one of all) {
    const key = JSON.stringify(keyOf(one))
    const known = groups.get(key)
    if (known === undefined) groups.set(key, [one])
    else known.push(one)
  }
  return [...groups.values()]
}

const sorted = (all: Iterable<string>): ReadonlyArray<string> => [...new Set(all)].sort()

/** Whether every key of a pattern is one of another. A star that is not escaped stands at the end only. */
const within = (pattern: string, other: string): boolean =>
  // a `$` before the star is not the one that begins an escape
  pattern === other || (other.endsWith("*") && !other.endsWith("$*") && pattern.startsWith(other.slice(0, -1)))

const widest = (patterns: ReadonlyArray<string>): ReadonlyArray<string> =>
  sorted(patterns.filter((one) => !patterns.some((other) => other !== one && within(one, other))))

const isPlain = (condition: Condition): boolean => Object.keys(condition).length === 0

const join = <A>(
  all: ReadonlyArray<A>,
  keyOf: (one: A) => unknown,
  make: (first: A, group: ReadonlyArray<A>) => Merged
): ReadonlyArray<Merged> =>
  groupBy(all, keyOf).flatMap((group) => group[0] === undefined ? [] : [make(group[0], group)])

/** Grants as statements: what another allows already is left out, and what differs in one thing only stands together. */
export const statements = (grants: ReadonlyArray<Grant>): ReadonlyArray<Statement> => {
  const single = join(
    grants,
    ({ action, condition = {}, resource }) => [action, resource, condition],
    ({ action, condition = {}, resource }, group) => {
      const leading = group.map((one) => one.leading)
      return {
        actions: [action],
        resources: [resource],
        leading: leading.includes(undefined) ? undefined : widest(leading.filter((one) => one !== undefined)),
        condition
      }
    }
  )
  const needed = single.filter((one) =>
    isPlain(one.condition) ||
    !single.some((other) =>
      isPlain(other.condition) && other.actions[0] === one.actions[0] && other.resources[0] === one.resources[0] &&
      (other.leading === undefined ||
        one.leading?.every((pattern) => other.leading?.some((wider) => within(pattern, wider))) === true)
    )
  )
  const byResource = join(
    needed,
    ({ condition, leading, resources }) => [resources, leading ?? null, condition],
    (first, group) => ({ ...first, actions: sorted(group.flatMap(({ actions }) => actions)) })
  )
  const joined = join(
    byResource,
    ({ actions, condition, leading }) => [actions, leading ?? null, condition],
    (first, group) => ({ ...first, resources: sorted(group.flatMap(({ resources }) => resources)) })
  )
  return joined.map(({ actions, condition, leading, resources }): Statement => {
    const all: Record<string, Record<string, Values>> = {}
    for (const [operator, keys] of Object.entries(condition)) all[operator] = { ...keys }
    if (leading !== undefined) {
      all["ForAllValues:StringLike"] = { ...all["ForAllValues:StringLike"], "dynamodb:LeadingKeys": leading }
    }
    const base = { Effect: "Allow", Action: actions, Resource: resources } as const
    return Object.keys(all).length === 0 ? base : { ...base, Condition: all }
  })
}
