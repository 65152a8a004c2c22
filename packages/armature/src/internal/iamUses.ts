/** What a program's operations need of DynamoDB, KMS and S3, right by right. */
import type { SerializationException } from "@armature/aws/Exceptions"
import { ValidationException } from "@armature/aws/Exceptions"
import type { AttributeValue } from "@armature/dynamodb/AttributeValue"
import * as Access from "@armature/model/Access"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Condition, Grant } from "./iamGrants.js"
import { fits, like, literal, Variables } from "./iamText.js"

export interface Options {
  readonly account: string
  readonly region: string
  readonly partition?: string | undefined
  readonly encryption?: {
    readonly key?: string | undefined
    readonly keys?: Readonly<Record<string, string>> | undefined
    readonly accept?: ReadonlyArray<string> | undefined
    readonly context?: Readonly<Record<string, string>> | undefined
  } | undefined
  readonly blobs?: {
    readonly bucket: string
    readonly buckets?: ReadonlyArray<string> | undefined
    readonly versions?: boolean | undefined
    readonly retain?: boolean | undefined
  } | undefined
  readonly check?: boolean | undefined
}

/** A condition key in a value's place. */
export class Variable {
  constructor(readonly name: string) {}
}

export type Operation = string | {
  readonly pick: ReadonlyArray<string>
  readonly batch?: boolean | undefined
}

export type Failure = SerializationException | ValidationException
type Made = Either.Either<ReadonlyArray<Grant>, Failure>

const invalid = (reason: string): Either.Either<never, ValidationException> =>
  Either.left(new ValidationException({ service: "IAM", reason }))

// ---------------------------------------------------------------------------------------------------------------- names

const partitionOf = ({ partition, region }: Options): string =>
  partition ?? (region.startsWith("cn-") ? "aws-cn" : region.startsWith("us-gov-") ? "aws-us-gov" : "aws")

const tableArn = (options: Options, table: string): string =>
  `arn:${partitionOf(options)}:dynamodb:${options.region}:${options.account}:table/${table}`

const bucketArn = (options: Options, bucket: string): string => `arn:${partitionOf(options)}:s3:::${bucket}`

/** An alias is no resource that a policy could name: which key it stands for may change. */
const keyArn = (options: Options, key: string): Either.Either<string, ValidationException> =>
  /^[\w-]+$/.test(key)
    ? Either.right(`arn:${partitionOf(options)}:kms:${options.region}:${options.account}:key/${key}`)
    : /^arn:[^:\s]+:kms:[^:\s]+:[^:\s]+:key\/[\w-]+$/.test(key)
    ? Either.right(key)
    : invalid("a policy names KMS keys by their ARNs or ids, not by aliases")

// ---------------------------------------------------------------------------------------------------------------- operations

/** What one operation sends, and whether values are sealed and stored on its way, or opened and fetched. */
interface Need {
  readonly actions: ReadonlyArray<string>
  /** The entity's name of the key that is used; undefined where no key is. */
  readonly index: string | undefined
  /** All items of the table or of an index are read. */
  readonly scans?: boolean
  readonly writes?: boolean
  readonly reads?: boolean
  readonly picked?: ReadonlyArray<string>
}

const item = (action: string, more: Partial<Need>): Need => ({ actions: [action], index: "primary", ...more })

// In a transaction each action is authorized by the action that it would be alone: PutItem, UpdateItem, DeleteItem, ConditionCheckItem and
// GetItem. There is no action for the transaction itself, so one operation needs the same rights wherever it runs but in a batch. The item
// that a failed condition gives back needs no right to read it.
const needs: Readonly<Record<string, Need>> = {
  get: item("GetItem", { reads: true }),
  require: item("GetItem", { reads: true }),
  put: item("PutItem", { writes: true }),
  create: item("PutItem", { writes: true }),
  replace: item("PutItem", { writes: true }),
  update: item("UpdateItem", { writes: true }),
  save: item("UpdateItem", { writes: true }),
  // a deleted item's values in S3 are the sweeper's
  delete: item("DeleteItem", {}),
  check: item("ConditionCheckItem", {}),
  "batch:get": item("BatchGetItem", { reads: true }),
  "batch:put": item("BatchWriteItem", { writes: true }),
  "batch:delete": item("BatchWriteItem", {}),
  decode: { actions: [], index: undefined, reads: true }
}

const needOf = (operation: Operation): Need | undefined => {
  if (typeof operation !== "string") {
    return {
      actions: [operation.batch === true ? "BatchGetItem" : "GetItem"],
      index: "primary",
      reads: true,
      picked: operation.pick
    }
  }
  const known = Object.hasOwn(needs, operation) ? needs[operation] : undefined
  if (known !== undefined) return known
  const [kind = "", ...rest] = operation.split(":")
  const index = rest.join(":")
  if (kind === "query") return { actions: ["Query"], index, reads: true }
  if (kind === "scan") return { actions: ["Scan"], index: index === "" ? "primary" : index, scans: true, reads: true }
  return undefined
}

// ---------------------------------------------------------------------------------------------------------------- an entity

export interface Use {
  readonly source: Access.Source
  readonly operations: ReadonlyArray<Operation>
  readonly where: Readonly<Record<string, unknown>>
}

/** Everything that the rights of one use are made of. */
interface Facts {
  readonly options: Options
  readonly source: Access.Source
  /** The table's own name. */
  readonly table: string
  readonly given: ReadonlyMap<string, AttributeValue>
  readonly variables: Variables
}

const positions = ["Leading", "SecondPartition", "ThirdPartition", "FourthPartition"]

const conditionKey = (position: number): string =>
  position === 0 ? "dynamodb:LeadingKeys" : `dynamodb:${positions[position]}KeyValues`

const resourceOf = ({ options, source, table }: Facts, index: string): string => {
  const name = source.secondary.find((one) => one.name === index)?.index
  return name === undefined ? tableArn(options, table) : `${tableArn(options, table)}/index/${name}`
}

/** The right to one action on items of some partitions. */
const keyed = (
  facts: Facts,
  action: string,
  index: string,
  given: Facts["given"],
  condition?: Condition
): Either.Either<Grant, Failure> =>
  Either.map(Access.partition(facts.source, index, given), (patterns) => {
    const written = patterns.map(({ position, text, whole }) => ({
      position,
      text: facts.variables.fill(like(text)) + (whole ? "" : "*")
    }))
    const grant = { action: `dynamodb:${action}`, resource: resourceOf(facts, index) }
    // of an index with a key of several attributes each is a condition of its own
    const others = written.filter(({ position }) => position > 0)
    const own = others.length === 0 ? condition : {
      ...condition,
      "ForAllValues:StringLike": Object.fromEntries(
        others.map(({ position, text }) => [conditionKey(position), [text]])
      )
    }
    return { ...grant, leading: written.find(({ position }) => position === 0)?.text, condition: own }
  })

/** DynamoDB gives no more than the attributes that are asked for, and they must be asked for by name. */
const onlyAttributes = (source: Access.Source, names: ReadonlyArray<string>): Condition => ({
  "ForAllValues:StringEquals": { "dynamodb:Attributes": [...Access.projected(source, names)].map(literal).sort() },
  StringEquals: { "dynamodb:Select": "SPECIFIC_ATTRIBUTES" }
})

const ofTable = (facts: Facts, need: Need): Made => {
  const { given, source } = facts
  const { actions, index, picked } = need
  const grants: Array<Grant> = []
  if (index === undefined) return Either.right(grants)
  if (need.scans === true) {
    for (const name of given.keys()) return invalid(`a scan reads all partitions, whatever is given of ${name}`)
    return Either.right(
      actions.map((action) => ({ action: `dynamodb:${action}`, resource: resourceOf(facts, index) }))
    )
  }
  for (const action of actions) {
    const condition = picked === undefined ? undefined : onlyAttributes(source, picked)
    const grant = keyed(facts, action, index, given, condition)
    if (Either.isLeft(grant)) return Either.left(grant.left)
    grants.push(grant.right)
  }
  return Either.right(grants)
}

/** A value in S3 that is not there any more is looked for by reading its whole item again, from the table. */
const ofReread = (facts: Facts): Made => {
  const inKey = new Set(facts.source.primary.pk.flatMap(({ parts }) => parts.map(({ name }) => name)))
  const given = new Map([...facts.given].filter(([name]) => inKey.has(name)))
  return Either.map(keyed(facts, "GetItem", "primary", given), (grant) => [grant])
}

// ---------------------------------------------------------------------------------------------------------------- KMS

const context = "kms:EncryptionContext:"

/** The encryption context as the capabilities make it: the logical table, the Layer's own text, and what the entity adds. */
const contextCondition = ({ given, options, source, variables }: Facts): Condition => {
  const equal: Record<string, string> = { [`${context}armature.table`]: literal(source.table.logicalName) }
  const present: Record<string, string> = {}
  for (const [name, value] of Object.entries(options.encryption?.context ?? {})) equal[context + name] = literal(value)
  for (const { name } of source.context) {
    const value = given.get(name)?.S ?? given.get(name)?.N
    if (value === undefined) present[context + name] = "false"
    else equal[context + name] = variables.fill(literal(value))
  }
  const names = [...Object.keys(equal), ...Object.keys(present)].map((name) => name.slice(context.length))
  return {
    StringEquals: equal,
    "ForAllValues:StringEquals": { "kms:EncryptionContextKeys": names.map(literal).sort() },
    ...(Object.keys(present).length === 0 ? {} : { Null: present })
  }
}

const ofKeys = (facts: Facts, need: Need, places: ReadonlyArray<Access.Place>): Made => {
  const { options } = facts
  const names = new Set(places.flatMap(({ sealed }) => sealed === undefined ? [] : [sealed.key]))
  const grants: Array<Grant> = []
  if (names.size === 0 || !(need.writes === true || need.reads === true)) return Either.right(grants)
  const { accept = [], key, keys = {} } = options.encryption ?? {}
  const condition = contextCondition(facts)
  const own: Array<string> = []
  for (const name of names) {
    const found = name === undefined ? key : Object.hasOwn(keys, name) ? keys[name] : undefined
    if (found === undefined) {
      const option = name === undefined ? "encryption.key" : `encryption.keys.${name}`
      return invalid(`${facts.source.name} has sealed attributes; give their KMS key as \`${option}\``)
    }
    own.push(found)
  }
  const add = (action: string, all: ReadonlyArray<string>): ValidationException | undefined => {
    for (const one of all) {
      const resource = keyArn(options, one)
      if (Either.isLeft(resource)) return resource.left
      grants.push({ action, resource: resource.right, condition })
    }
    return undefined
  }
  const failed = (need.writes === true ? add("kms:GenerateDataKey", own) : undefined) ??
    (need.reads === true ? add("kms:Decrypt", [...own, ...accept]) : undefined)
  return failed === undefined ? Either.right(grants) : Either.left(failed)
}

// ---------------------------------------------------------------------------------------------------------------- S3

const slashed = (prefix: string): string => prefix.endsWith("/") ? prefix : `${prefix}/`

interface Prefix {
  readonly prefix: string
  /** None is stored there any more. */
  readonly previous: boolean
}

const prefixesOf = (places: ReadonlyArray<Access.Place>): ReadonlyArray<Prefix> =>
  places.flatMap(({ offloaded }) =>
    offloaded === undefined ? [] : [
      { prefix: slashed(offloaded.prefix), previous: false },
      ...(offloaded.previousPrefixes ?? []).map((prefix) => ({ prefix: slashed(prefix), previous: true }))
    ]
  )

const noBucket = (source: Access.Source) => invalid(`${source.name} has values in S3; give their bucket as \`blobs\``)

const ofBuckets = ({ options, source }: Facts, need: Need, places: ReadonlyArray<Access.Place>): Made => {
  const prefixes = prefixesOf(places)
  if (prefixes.length === 0) return Either.right([])
  const { blobs } = options
  if (blobs === undefined) return noBucket(source)
  const versions = blobs.versions === true
  const grants = [blobs.bucket, ...blobs.buckets ?? []].flatMap((bucket, i) =>
    prefixes.flatMap(({ prefix, previous }) => {
      const resource = `${bucketArn(options, bucket)}/${prefix}*`
      const stored = i === 0 && !previous
      return [
        ...(need.reads === true ? ["GetObject", ...(versions ? ["GetObjectVersion"] : [])] : []),
        // an upload in parts is put by PutObject's right, and given up by one of its own; there is no right to HEAD but GetObject's
        ...(need.writes === true && stored ? ["PutObject", "AbortMultipartUpload", "GetObject"] : []),
        // what was stored for nothing is always deleted, what was replaced only if it is not retained
        ...(need.writes === true && (stored || blobs.retain !== true)
          ? ["DeleteObject", ...(versions ? ["DeleteObjectVersion"] : [])]
          : [])
      ].map((action): Grant => ({ action: `s3:${action}`, resource }))
    })
  )
  return Either.right(grants)
}

// ---------------------------------------------------------------------------------------------------------------- checks

/** What `Armature.check` asks beside what the program does anyway. */
const ofCheck = ({ options, source, table }: Facts, places: ReadonlyArray<Access.Place>): ReadonlyArray<Grant> => {
  if (options.check !== true) return []
  const resource = tableArn(options, table)
  const grants: Array<Grant> = [{ action: "dynamodb:DescribeTable", resource }]
  if (source.table.plan.timeToLive !== undefined) grants.push({ action: "dynamodb:DescribeTimeToLive", resource })
  if (options.blobs !== undefined && places.some(({ offloaded }) => offloaded !== undefined)) {
    // HeadBucket has no right of its own
    grants.push({ action: "s3:ListBucket", resource: bucketArn(options, options.blobs.bucket) })
  }
  return grants
}

// ---------------------------------------------------------------------------------------------------------------- together

const offloads = (places: ReadonlyArray<Access.Place>): boolean =>
  places.some(({ offloaded }) => offloaded !== undefined)

const ofOperation = (facts: Facts, operation: Operation): Made => {
  const need = needOf(operation)
  if (need === undefined) return invalid(`${facts.source.name} has no such operation`)
  return Either.flatMap(Access.places(facts.source, need.picked), (places) => {
    const again = need.reads === true && need.index !== undefined && offloads(places)
    const parts = [
      ofTable(facts, need),
      again ? ofReread(facts) : Either.right([]),
      ofKeys(facts, need, places),
      ofBuckets(facts, need, places)
    ]
    return Either.map(Either.all(parts), (all) => all.flat())
  })
}

/** The values that are given, in wire form; a variable as the character that stands for it. */
const givenOf = (
  { source, where }: Use,
  variables: Variables
): Effect.Effect<ReadonlyMap<string, AttributeValue>, Failure, unknown> => {
  const values = Object.entries(where).filter(([, value]) => value !== undefined)
  const plain = values.filter(([, value]) => !(value instanceof Variable))
  return Effect.flatMap(Access.encode(source, Object.fromEntries(plain)), (encoded) => {
    for (const [name, value] of encoded) {
      if (value.S !== undefined && !fits(value.S)) {
        return invalid(`what is given of ${name} has characters beyond U+00FF, which no policy can hold`)
      }
    }
    const given = new Map(encoded)
    for (const [name, value] of values) {
      if (value instanceof Variable) given.set(name, { S: variables.stand(value.name) })
    }
    return Either.right(given)
  })
}

export const grantsOf = (use: Use, options: Options): Effect.Effect<ReadonlyArray<Grant>, unknown, unknown> =>
  Effect.flatMap(use.source.table.physicalName, (table) => {
    const variables = new Variables()
    return Effect.flatMap(givenOf(use, variables), (given) => {
      const facts: Facts = { options, source: use.source, table, given, variables }
      return Either.flatMap(
        Either.all(use.operations.map((operation) => ofOperation(facts, operation))),
        (all) => Either.map(Access.places(use.source), (places) => [...all.flat(), ...ofCheck(facts, places)])
      )
    })
  })

/** What a sweep of an entity's prefixes needs: it lists, scans the table for what is pointed to, marks, and deletes. */
export const sweepOf = (source: Access.Source, options: Options): Effect.Effect<ReadonlyArray<Grant>, unknown> =>
  Effect.flatMap(source.table.physicalName, (table) =>
    Either.flatMap(Access.places(source), (places): Made => {
      const { blobs } = options
      if (blobs === undefined) return noBucket(source)
      const grants: Array<Grant> = [{ action: "dynamodb:Scan", resource: tableArn(options, table) }]
      for (const bucket of [blobs.bucket, ...blobs.buckets ?? []]) {
        const arn = bucketArn(options, bucket)
        for (const { prefix } of prefixesOf(places)) {
          const add = (action: string, resource: string, condition?: Condition): void =>
            void grants.push({ action: `s3:${action}`, resource, condition })
          const under = (text: string): Condition => ({ StringLike: { "s3:prefix": `${prefix}${text}` } })
          add("ListBucket", arn, under(".armature/tables/*"))
          add("ListBucketVersions", arn, under("*"))
          // has no condition by prefix
          add("ListBucketMultipartUploads", arn)
          add("AbortMultipartUpload", `${arn}/${prefix}*`)
          add("PutObject", `${arn}/${prefix}.armature/clock/*`)
          add("PutObject", `${arn}/${prefix}.armature/retired/*`)
          add("GetObject", `${arn}/${prefix}.armature/clock/*`)
          if (blobs.versions === true) add("GetObjectVersion", `${arn}/${prefix}.armature/clock/*`)
          // each is deleted by its version, of which there is one, "null", in a bucket without them
          add("DeleteObject", `${arn}/${prefix}*`)
          add("DeleteObjectVersion", `${arn}/${prefix}*`)
        }
      }
      return Either.right(grants)
    }))
