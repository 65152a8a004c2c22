/**
 * Where a request goes and who signs it. What a source found out is kept, by what it depends on: the account of the credentials and the ARNs
 * that the input names.
 */
import { asRecord } from "@armature/aws/Classify"
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

/** Region, credentials and endpoints as they are configured. */
export interface Source {
  readonly region: string
  readonly config: { readonly credentials: (options?: { readonly forceRefresh?: boolean }) => Promise<unknown> }
  readonly endpoint: (named: Named, accountId: string | undefined) => Promise<Target>
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

/** The credentials of a source, which are had anew in time, once for all that wait for them. */
export const identities = ({ config }: Pick<Source, "config">) => {
  let kept: Identity | undefined
  let asking: Promise<unknown> | undefined
  const once = () =>
    asking ??= config.credentials().finally(() => {
      asking = undefined
    })
  return {
    /** What is at hand; `undefined` when it is to be asked for. */
    current: (now: number): Identity | undefined => kept !== undefined && now < kept.until ? kept : undefined,
    ask: async (fresh: (() => Promise<unknown>) | undefined): Promise<Identity> =>
      kept = toIdentity(await (fresh === undefined ? once() : fresh()))
  }
}

/** Whether an input's name of a table says whose it is. */
export const isArn = (name: string): boolean => name.startsWith("arn:")

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

/** The endpoints of a source. */
export const targets = ({ endpoint }: Pick<Source, "endpoint">) => {
  const kept = new Map<string, Target>()
  return {
    current: (named: Named, accountId: string | undefined): Target | undefined =>
      kept.get(`${accountId ?? ""} ${keyOf(named)}`),
    ask: async (named: Named, accountId: string | undefined): Promise<Target> => {
      const target = await endpoint(named, accountId)
      if (kept.size >= most) kept.clear()
      kept.set(`${accountId ?? ""} ${keyOf(named)}`, target)
      return target
    }
  }
}

const invalid = () => Object.assign(new Error("not an endpoint"), { code: "ERR_INVALID_URL" })

/** A target as the SDK resolves it; `signing` is for another region or service than usual. */
export const toTarget = (
  given: { readonly endpoint: unknown; readonly signing: unknown },
  region: string
): Target => {
  const { headers, url } = asRecord(given.endpoint)
  if (!(url instanceof URL) || url.search !== "" || url.username !== "" || url.password !== "") throw invalid()
  const { signingName, signingRegion } = asRecord(given.signing)
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
