import { describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import { assert } from "vitest"
import { Iam } from "../src/index.js"
import { Accounts, Legacies, Orders, Patients, Readings, Secrets } from "./programs.js"

const here = { account: "111122223333", region: "eu-central-1" } as const
const key = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
const cards = "arn:aws:kms:eu-central-1:111122223333:key/cards-cards"
const older = "arn:aws:kms:eu-central-1:444455556666:key/older-older"

const table = "arn:aws:dynamodb:eu-central-1:111122223333:table/app"

/** What AWS's service authorization reference says of each action: the resources that it is authorized on, and its condition keys. */
const facts: Readonly<Record<string, readonly [resource: RegExp, keys: RegExp]>> = (() => {
  const table = /^arn:aws(-cn)?:dynamodb:[a-z0-9-]+:\d{12}:table\/[^/]+$/
  const tableOrIndex = /^arn:aws(-cn)?:dynamodb:[a-z0-9-]+:\d{12}:table\/[^/]+(\/index\/[^/]+)?$/
  const kms = /^arn:aws:kms:[a-z0-9-]+:\d{12}:key\/[^/]+$/
  const bucket = /^arn:aws:s3:::[^/]+$/
  const object = /^arn:aws:s3:::[^/]+\/.+$/
  const nothing = /^$/
  const read = /^dynamodb:(Attributes|LeadingKeys|Select)$/
  const write = /^dynamodb:(Attributes|LeadingKeys|ReturnValues)$/
  const query = /^dynamodb:(Attributes|((Second|Third|Fourth)PartitionKeyValues|LeadingKeys)|Select)$/
  const context = /^kms:(EncryptionContext:.+|EncryptionContextKeys)$/
  return {
    "dynamodb:BatchGetItem": [table, read],
    "dynamodb:BatchWriteItem": [table, /^dynamodb:(Attributes|LeadingKeys)$/],
    "dynamodb:ConditionCheckItem": [table, write],
    "dynamodb:DeleteItem": [table, write],
    "dynamodb:DescribeTable": [table, nothing],
    "dynamodb:DescribeTimeToLive": [table, nothing],
    "dynamodb:GetItem": [table, read],
    "dynamodb:PutItem": [table, write],
    "dynamodb:Query": [tableOrIndex, query],
    "dynamodb:Scan": [tableOrIndex, /^dynamodb:(Attributes|Select)$/],
    "dynamodb:UpdateItem": [table, write],
    "kms:Decrypt": [kms, context],
    "kms:GenerateDataKey": [kms, context],
    "s3:AbortMultipartUpload": [object, nothing],
    "s3:DeleteObject": [object, nothing],
    "s3:DeleteObjectVersion": [object, nothing],
    "s3:GetObject": [object, nothing],
    "s3:GetObjectVersion": [object, nothing],
    "s3:ListBucket": [bucket, /^s3:prefix$/],
    "s3:ListBucketMultipartUploads": [bucket, nothing],
    "s3:ListBucketVersions": [bucket, /^s3:prefix$/],
    "s3:PutObject": [object, nothing]
  }
})()

const sound = ({ Statement }: Iam.Policy) => {
  for (const { Action, Condition = {}, Resource } of Statement) {
    for (const action of Action) {
      const [resource, keys] = facts[action] ?? assert.fail(`${action} is no action`)
      for (const arn of Resource) assert.match(arn, resource, action)
      for (const key of Object.values(Condition).flatMap(Object.keys)) assert.match(key, keys, action)
    }
  }
}

/** Order of statements and of what stands in them means nothing to IAM; here it is the one that is written. */
const same = (actual: Iam.Policy, expected: ReadonlyArray<unknown>) => {
  const text = (all: ReadonlyArray<unknown>) => all.map((one) => JSON.stringify(one, sortKeys)).sort()
  assert.deepStrictEqual(
    text(actual.Statement).map((one) => JSON.parse(one)),
    text(expected).map((one) => JSON.parse(one))
  )
  assert.strictEqual(actual.Version, "2012-10-17")
  sound(actual)
}

const sortKeys = (_: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1))
    : value

describe("the policies of ten programs, as somebody would write them by hand", () => {
  it.effect("1. a page that shows orders: keys of the table and of the index begin with the literal of their template", () =>
    Effect.map(Iam.policy(here, [Iam.uses(Orders, ["get", "query:byStatus"])]), (policy) =>
      same(policy, [
        {
          Effect: "Allow",
          Action: ["dynamodb:GetItem"],
          Resource: [table],
          Condition: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["T#*"] } }
        },
        {
          // a query of an index is authorized on the index alone, by the index's own partition key
          Effect: "Allow",
          Action: ["dynamodb:Query"],
          Resource: [`${table}/index/gsi1`],
          Condition: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["T#*"] } }
        }
      ])))

  it.effect("2. a service that takes orders, partly in transactions: what a transaction does has the rights of its actions", () =>
    Effect.map(
      Iam.policy(here, [
        Iam.uses(Orders, ["create", "put", "replace", "update", "save", "delete"]),
        Iam.uses(Accounts, ["check"])
      ]),
      (policy) =>
        same(policy, [
          {
            Effect: "Allow",
            Action: ["dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
            Resource: [table],
            Condition: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["T#*"] } }
          },
          {
            // there is no TransactWriteItems in IAM; the check is the one action that exists for transactions alone
            Effect: "Allow",
            Action: ["dynamodb:ConditionCheckItem"],
            Resource: [table],
            Condition: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["ACCOUNT#*"] } }
          }
        ])
    ))

  it.effect("3. an import in batches: a batch with items of both entities is one request, so one statement names both", () =>
    Effect.map(
      Iam.policy(here, [
        Iam.uses(Orders, ["batch:get", "batch:put"]),
        Iam.uses(Accounts, ["batch:get", "batch:delete"])
      ]),
      (policy) =>
        same(policy, [
          {
            // neither GetItem nor PutItem: a batch has actions of its own
            Effect: "Allow",
            Action: ["dynamodb:BatchGetItem", "dynamodb:BatchWriteItem"],
            Resource: [table],
            Condition: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["ACCOUNT#*", "T#*"] } }
          }
        ])
    ))

  it.effect("4. one tenant's worker: the whole partition of the table, all of its partitions in the index", () =>
    Effect.map(
      Iam.policy(here, [
        Iam.uses(Orders, ["get", "query:primary", "query:byStatus", "query:byDay"], { tenant: "a*b? c$#d" })
      ]),
      (policy) =>
        same(policy, [
          {
            // as the key codec writes it (space, $ and # become $P, $T and $S), its star and question mark meant as they are
            Effect: "Allow",
            Action: ["dynamodb:GetItem", "dynamodb:Query"],
            Resource: [table],
            Condition: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["T#a${*}b${?}$Pc$T$Sd"] } }
          },
          {
            // a local index has the table's partition key
            Effect: "Allow",
            Action: ["dynamodb:Query"],
            Resource: [`${table}/index/byDay`],
            Condition: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["T#a${*}b${?}$Pc$T$Sd"] } }
          },
          {
            // the status follows; the separator before it keeps a tenant out whose name only begins alike
            Effect: "Allow",
            Action: ["dynamodb:Query"],
            Resource: [`${table}/index/gsi1`],
            Condition: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["T#a${*}b${?}$Pc$T$Sd#*"] } }
          }
        ])
    ))

  it.effect("5. each tenant by the tag of its role: keys and encryption context follow the variable", () =>
    Effect.map(
      Iam.policy({ ...here, encryption: { key, keys: { cards } }, blobs: { bucket: "files" } }, [
        Iam.uses(Patients, [{ pick: ["name", "ssn"] }, "delete"], {
          tenant: Iam.variable("aws:PrincipalTag/tenant")
        })
      ]),
      (policy) =>
        same(policy, [
          {
            Effect: "Allow",
            Action: ["dynamodb:GetItem"],
            Resource: [table],
            Condition: {
              "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["T#${aws:PrincipalTag/tenant}"] },
              "ForAllValues:StringEquals": {
                "dynamodb:Attributes": ["__entity", "name", "pk", "sk", "ssn", "tenant"]
              },
              StringEquals: { "dynamodb:Select": "SPECIFIC_ATTRIBUTES" }
            }
          },
          {
            // what a deleted item points to in S3 is the sweeper's
            Effect: "Allow",
            Action: ["dynamodb:DeleteItem"],
            Resource: [table],
            Condition: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["T#${aws:PrincipalTag/tenant}"] } }
          },
          {
            // of the two keys that the entity has, the one of what is picked
            Effect: "Allow",
            Action: ["kms:Decrypt"],
            Resource: [key],
            Condition: {
              StringEquals: {
                "kms:EncryptionContext:armature.table": "app",
                "kms:EncryptionContext:tenant": "${aws:PrincipalTag/tenant}"
              },
              "ForAllValues:StringEquals": { "kms:EncryptionContextKeys": ["armature.table", "tenant"] }
            }
          }
        ])
    ))

  it.effect("6. a list of totals: the attributes that are picked, and those that every pick needs", () =>
    Effect.map(
      Iam.policy(here, [Iam.uses(Orders, [{ pick: ["total", "note"], batch: true }, { pick: ["status"] }])]),
      (policy) =>
        same(policy, [
          {
            // `note` is stored as `n`; the keys and the name of the entity are always asked for
            Effect: "Allow",
            Action: ["dynamodb:BatchGetItem"],
            Resource: [table],
            Condition: {
              "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["T#*"] },
              "ForAllValues:StringEquals": { "dynamodb:Attributes": ["__entity", "n", "pk", "sk", "total"] },
              // a read without a projection gives everything, whatever is said of attributes
              StringEquals: { "dynamodb:Select": "SPECIFIC_ATTRIBUTES" }
            }
          },
          {
            Effect: "Allow",
            Action: ["dynamodb:GetItem"],
            Resource: [table],
            Condition: {
              "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["T#*"] },
              "ForAllValues:StringEquals": { "dynamodb:Attributes": ["__entity", "pk", "sk", "status"] },
              StringEquals: { "dynamodb:Select": "SPECIFIC_ATTRIBUTES" }
            }
          }
        ])
    ))

  it.effect("7. a service that only writes secrets cannot read them, and one that reads them accepts the older key too", () =>
    Effect.gen(function*() {
      const encryption = { key, accept: [older], context: { stage: "prod" } }
      const context = {
        // both always: the logical name, whatever the table is called, and the Layer's fixed text
        StringEquals: { "kms:EncryptionContext:armature.table": "vault", "kms:EncryptionContext:stage": "prod" },
        "ForAllValues:StringEquals": { "kms:EncryptionContextKeys": ["armature.table", "stage"] }
      }
      const vault = "arn:aws:dynamodb:eu-central-1:111122223333:table/vault-prod"
      same(yield* Iam.policy({ ...here, encryption }, [Iam.uses(Secrets, ["put"])]), [
        // nothing is known of the key: it is the attribute as it is
        { Effect: "Allow", Action: ["dynamodb:PutItem"], Resource: [vault] },
        { Effect: "Allow", Action: ["kms:GenerateDataKey"], Resource: [key], Condition: context }
      ])
      same(yield* Iam.policy({ ...here, encryption }, [Iam.uses(Secrets, ["get", "decode"])]), [
        { Effect: "Allow", Action: ["dynamodb:GetItem"], Resource: [vault] },
        { Effect: "Allow", Action: ["kms:Decrypt"], Resource: [key, older], Condition: context }
      ])
    }).pipe(Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["VAULT", "vault-prod"]])))))

  it.effect("8. a clinic: sealed values and scans in S3, in a bucket with versions, after a move from another", () =>
    Effect.map(
      Iam.policy({
        ...here,
        encryption: { key, keys: { cards } },
        blobs: { bucket: "files", buckets: ["archive"], versions: true }
      }, [Iam.uses(Patients, ["put", "query:primary"])]),
      (policy) =>
        same(policy, [
          {
            // GetItem is not asked for: a scan that is not there any more is looked for by reading its item again
            Effect: "Allow",
            Action: ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"],
            Resource: [table],
            Condition: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["T#*"] } }
          },
          {
            Effect: "Allow",
            Action: ["kms:Decrypt", "kms:GenerateDataKey"],
            Resource: [key, cards],
            Condition: {
              StringEquals: { "kms:EncryptionContext:armature.table": "app" },
              // some tenant, whichever
              Null: { "kms:EncryptionContext:tenant": "false" },
              "ForAllValues:StringEquals": { "kms:EncryptionContextKeys": ["armature.table", "tenant"] }
            }
          },
          {
            // PutObject covers uploads in parts, GetObject covers HEAD; the old object is deleted, by its version
            Effect: "Allow",
            Action: [
              "s3:AbortMultipartUpload",
              "s3:DeleteObject",
              "s3:DeleteObjectVersion",
              "s3:GetObject",
              "s3:GetObjectVersion",
              "s3:PutObject"
            ],
            Resource: ["arn:aws:s3:::files/scans/*"]
          },
          {
            // nothing is stored any more under the earlier prefix, nor in the earlier bucket
            Effect: "Allow",
            Action: ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:GetObjectVersion"],
            Resource: [
              "arn:aws:s3:::archive/old-scans/*",
              "arn:aws:s3:::archive/scans/*",
              "arn:aws:s3:::files/old-scans/*"
            ]
          }
        ])
    ))

  it.effect("9. the sweeper of the same: it deletes everywhere and opens nothing", () =>
    Effect.map(
      Iam.policy({ ...here, blobs: { bucket: "files" } }, [Iam.sweeps(Patients)]),
      (policy) =>
        same(policy, [
          { Effect: "Allow", Action: ["dynamodb:Scan"], Resource: [table] },
          {
            Effect: "Allow",
            Action: ["s3:ListBucket"],
            Resource: ["arn:aws:s3:::files"],
            Condition: { StringLike: { "s3:prefix": "old-scans/.armature/tables/*" } }
          },
          {
            Effect: "Allow",
            Action: ["s3:ListBucket"],
            Resource: ["arn:aws:s3:::files"],
            Condition: { StringLike: { "s3:prefix": "scans/.armature/tables/*" } }
          },
          {
            Effect: "Allow",
            Action: ["s3:ListBucketVersions"],
            Resource: ["arn:aws:s3:::files"],
            Condition: { StringLike: { "s3:prefix": "old-scans/*" } }
          },
          {
            Effect: "Allow",
            Action: ["s3:ListBucketVersions"],
            Resource: ["arn:aws:s3:::files"],
            Condition: { StringLike: { "s3:prefix": "scans/*" } }
          },
          // uploads cannot be listed by prefix
          { Effect: "Allow", Action: ["s3:ListBucketMultipartUploads"], Resource: ["arn:aws:s3:::files"] },
          {
            Effect: "Allow",
            Action: ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:DeleteObjectVersion"],
            Resource: ["arn:aws:s3:::files/old-scans/*", "arn:aws:s3:::files/scans/*"]
          },
          {
            // an object that asks S3 for the time
            Effect: "Allow",
            Action: ["s3:GetObject", "s3:PutObject"],
            Resource: ["arn:aws:s3:::files/old-scans/.armature/clock/*", "arn:aws:s3:::files/scans/.armature/clock/*"]
          },
          {
            Effect: "Allow",
            Action: ["s3:PutObject"],
            Resource: [
              "arn:aws:s3:::files/old-scans/.armature/retired/*",
              "arn:aws:s3:::files/scans/.armature/retired/*"
            ]
          }
        ])
    ))

  it.effect("10. a report in China over several tables: keys of numbers, an index of several attributes, scans", () =>
    Effect.map(
      Iam.policy({ account: "111122223333", region: "cn-north-1" }, [
        Iam.uses(Readings, ["get", "scan:bySite", "scan"]),
        Iam.uses(Readings, ["query:bySite"], { site: "a", floor: "1" }),
        Iam.uses(Legacies, ["scan", "update"])
      ]),
      (policy) =>
        same(policy, [
          {
            // what a policy makes of a number as a key is not documented, and no part is given; a scan has no leading keys: a condition
            // on them would be true of every scan
            Effect: "Allow",
            Action: ["dynamodb:GetItem", "dynamodb:Scan"],
            Resource: ["arn:aws-cn:dynamodb:cn-north-1:111122223333:table/readings"]
          },
          {
            Effect: "Allow",
            Action: ["dynamodb:Scan"],
            Resource: ["arn:aws-cn:dynamodb:cn-north-1:111122223333:table/readings/index/bySite"]
          },
          {
            Effect: "Allow",
            Action: ["dynamodb:Query"],
            Resource: ["arn:aws-cn:dynamodb:cn-north-1:111122223333:table/readings/index/bySite"],
            Condition: {
              "ForAllValues:StringLike": {
                "dynamodb:LeadingKeys": ["a"],
                "dynamodb:SecondPartitionKeyValues": ["1"]
              }
            }
          },
          {
            // the template begins with an attribute
            Effect: "Allow",
            Action: ["dynamodb:Scan", "dynamodb:UpdateItem"],
            Resource: ["arn:aws-cn:dynamodb:cn-north-1:111122223333:table/legacy"]
          }
        ])
    ))
})

describe("what a policy leaves out, and what it refuses", () => {
  it.effect("the check at the start asks for rights that the program does not have", () =>
    Effect.map(
      Iam.policy({
        ...here,
        check: true,
        encryption: { key, keys: { cards } },
        blobs: { bucket: "files", retain: true }
      }, [
        Iam.uses(Patients, ["batch:put"])
      ]),
      (policy) => {
        same({ ...policy, Statement: policy.Statement.filter(({ Action }) => !Action[0]?.startsWith("kms")) }, [
          {
            Effect: "Allow",
            Action: ["dynamodb:BatchWriteItem"],
            Resource: [table],
            Condition: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["T#*"] } }
          },
          { Effect: "Allow", Action: ["dynamodb:DescribeTable", "dynamodb:DescribeTimeToLive"], Resource: [table] },
          { Effect: "Allow", Action: ["s3:ListBucket"], Resource: ["arn:aws:s3:::files"] },
          {
            // what is retained is not deleted, so nothing is done under the earlier prefix
            Effect: "Allow",
            Action: ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
            Resource: ["arn:aws:s3:::files/scans/*"]
          }
        ])
      }
    ))

  it.effect("a right that another gives already is not said again", () =>
    Effect.map(
      Iam.policy(here, [
        Iam.uses(Orders, ["get", { pick: ["status"] }]),
        Iam.uses(Orders, ["get", { pick: ["total"] }], { tenant: "acme" })
      ]),
      (policy) =>
        same(policy, [{
          Effect: "Allow",
          Action: ["dynamodb:GetItem"],
          Resource: [table],
          Condition: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["T#*"] } }
        }])
    ))

  it.effect("a pick of one tenant stays where another may be read whole", () =>
    Effect.map(
      Iam.policy(here, [
        Iam.uses(Orders, ["get"], { tenant: "acme" }),
        Iam.uses(Orders, [{ pick: ["total"] }])
      ]),
      ({ Statement }) => assert.strictEqual(Statement.length, 2)
    ))

  it.effect("text that IAM would read as a variable is none", () =>
    Effect.map(
      Iam.policy(here, [Iam.uses(Legacies, ["get"], { path: "${aws:userid}*" })]),
      (policy) =>
        same(policy, [{
          Effect: "Allow",
          Action: ["dynamodb:GetItem"],
          Resource: ["arn:aws:dynamodb:eu-central-1:111122223333:table/legacy"],
          Condition: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["${$}{aws:userid}${*}|*"] } }
        }])
    ))

  const refused = (
    policy: Effect.Effect<Iam.Policy, { readonly _tag: string; readonly message: string }>,
    words: RegExp
  ) => Effect.map(Effect.flip(policy), (e) => assert.match(e.message, words))

  it.effect("what is given and would be ignored is refused, so that no policy is wider than it reads", () =>
    Effect.all([
      refused(
        Iam.policy(here, [Iam.uses(Accounts, ["query:byOwner"], { id: "1" })]),
        /partition key of byOwner is not made of it/
      ),
      refused(Iam.policy(here, [Iam.uses(Orders, ["scan"], { tenant: "a" })]), /a scan reads all partitions/),
      refused(
        Iam.policy(here, [Iam.uses(Orders, ["query:byStatus"], { status: "open" })]),
        /without all that come before it/
      ),
      refused(Iam.policy(here, [Iam.uses(Readings, ["get"], { sensor: 1 })]), /number or binary as a key/),
      refused(Iam.policy(here, [Iam.uses(Orders, ["get"], { tenant: "\u03a9" })]), /beyond U\+00FF/),
      refused(Iam.policy(here, [Iam.uses(Orders, ["get"], { tenant: "\ue000" })]), /beyond U\+00FF/)
    ]))

  it.effect("keys and buckets that are not told, or are no resource", () =>
    Effect.all([
      refused(Iam.policy({ ...here, blobs: { bucket: "files" } }, [Iam.uses(Patients, ["get"])]), /`encryption.key`/),
      refused(
        Iam.policy({ ...here, encryption: { key }, blobs: { bucket: "files" } }, [Iam.uses(Patients, ["get"])]),
        /`encryption.keys.cards`/
      ),
      refused(
        Iam.policy({ ...here, encryption: { key: "alias/app", keys: { cards } }, blobs: { bucket: "files" } }, [
          Iam.uses(Patients, ["put"])
        ]),
        /not by aliases/
      ),
      refused(Iam.policy({ ...here, encryption: { key, keys: { cards } } }, [Iam.uses(Patients, ["put"])]), /`blobs`/),
      refused(Iam.policy(here, []), /nothing is used/)
    ]))
})
