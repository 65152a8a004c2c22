/**
 * Where a request goes and who signs it, by the SDK's own rules: its client resolves both as for a call of its own, and is stopped before it
 * would write one. What it found is kept, by what it depends on: the account of the credentials and the ARNs that the input names.
 */
import { asRecord } from "@armature/aws/Classify"
import type { SdkClient } from "@armature/aws/SdkConfig"
import * as Sdk from "@aws-sdk/client-dynamodb"
import type { Named } from "./directOperations.js"
import { canonicalPath } from "./directSigV4.js"

export interface Target {
  readonly origin: string
  readonly address: string
  readonly port: number
  /** As sent in `host`. */
  readonly host: string
  readonly path: string
  readonly canonicalPath: string
  readonly region: string
  readonly service: string
  /** What the endpoint's own rules add. */
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
}

export interface Identity {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken: string | undefined
  readonly accountId: string | undefined
  /** Milliseconds since the epoch from which on it must be had anew. */
  readonly until: number
}

const text = (u: unknown): string | undefined => typeof u === "string" ? u : undefined

/** How long before they expire the SDK has credentials anew, in milliseconds. */
const refreshBefore = 300_000

const toIdentity = (u: unknown): Identity => {
  const { accessKeyId, accountId, expiration, secretAccessKey, sessionToken } = asRecord(u)
  return {
    accessKeyId: text(accessKeyId) ?? "",
    secretAccessKey: text(secretAccessKey) ?? "",
    sessionToken: text(sessionToken),
    accountId: text(accountId),
    until: expiration instanceof Date ? expiration.getTime() - refreshBefore : Infinity
  }
}

/** The credentials, which the SDK's client keeps and has anew in time. */
export const identities = (client: SdkClient) => {
  let kept: Identity | undefined
  return {
    /** What is at hand; `undefined` when it is to be asked for. */
    current: (now: number): Identity | undefined => kept !== undefined && now < kept.until ? kept : undefined,
    ask: async (fresh: (() => Promise<unknown>) | undefined): Promise<Identity> =>
      kept = toIdentity(await (fresh === undefined ? client.config.credentials() : fresh()))
  }
}

const isArn = (name: string): boolean => name.startsWith("arn:")

/** What of the names in an input an endpoint may depend on. */
const keyOf = (named: Named): string =>
  named === undefined
    ? ""
    : typeof named === "string"
    ? isArn(named) ? named : ""
    : named.some(isArn)
    ? named.join("\n")
    : ""

/** Endpoints that are kept at most. */
const most = 500

interface Resolved {
  readonly endpoint: unknown
  readonly signing: unknown
}

/** Endpoints of a client. */
export const targets = (client: Sdk.DynamoDBClient, region: string) => {
  client.middlewareStack.add(
    (_next, context) => () => {
      const resolved: Resolved = {
        endpoint: context.endpointV2,
        signing: context.authSchemes?.[0]
      }
      return Promise.resolve({ response: undefined, output: { $metadata: {}, armature: resolved } })
    },
    { step: "build", priority: "low", name: "armatureTarget" }
  )
  const kept = new Map<string, Target>()
  return {
    current: (named: Named, accountId: string | undefined): Target | undefined =>
      kept.get(`${accountId ?? ""} ${keyOf(named)}`),
    ask: async (named: Named, accountId: string | undefined): Promise<Target> => {
      const output: object = typeof named === "object"
        ? await client.send(
          new Sdk.BatchGetItemCommand({ RequestItems: Object.fromEntries(named.map((name) => [name, { Keys: [] }])) })
        )
        : await client.send(new Sdk.GetItemCommand({ TableName: named, Key: {} }))
      const target = toTarget(asRecord("armature" in output ? output.armature : undefined), region)
      if (kept.size >= most) kept.clear()
      kept.set(`${accountId ?? ""} ${keyOf(named)}`, target)
      return target
    }
  }
}

const invalid = () => Object.assign(new Error("not an endpoint"), { code: "ERR_INVALID_URL" })

const toTarget = ({ endpoint, signing }: Readonly<Record<string, unknown>>, region: string): Target => {
  const { headers, url } = asRecord(endpoint)
  if (!(url instanceof URL) || url.search !== "" || url.username !== "" || url.password !== "") throw invalid()
  const { signingName, signingRegion } = asRecord(signing)
  const path = url.pathname.endsWith("/") ? url.pathname : `${url.pathname}/`
  return {
    origin: url.origin,
    address: url.hostname,
    port: url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port),
    host: url.host,
    path,
    canonicalPath: canonicalPath(path),
    region: text(signingRegion) ?? region,
    service: text(signingName) ?? "dynamodb",
    headers: Object.entries(asRecord(headers)).flatMap(([name, value]) =>
      Array.isArray(value) ? [[name, value.join(", ")] as const] : []
    )
  }
}
