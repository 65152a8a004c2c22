/**
 * The configuration that most deployments have: no file, and of the environment nothing but a region and keys, as a function has them. There
 * the SDK's answer is known without the SDK, whose client takes longer to load than a first request takes. In every other case, also for what is
 * merely not known here, the SDK is asked.
 */
import type { Options } from "@armature/aws/AwsConfig"
import * as SdkConfig from "@armature/aws/SdkConfig"
import { statSync } from "node:fs"
import { devNull, homedir } from "node:os"
import { join } from "node:path"
import type { Named } from "./directOperations.js"
import { isArn, type Source, type Target, toTarget } from "./directTarget.js"

/** Variables that have no say in where a request goes, or are read here. */
const known: ReadonlySet<string> = new Set([
  "AWS_ACCESS_KEY_ID",
  "AWS_CA_BUNDLE",
  "AWS_CONFIG_FILE",
  "AWS_DEFAULT_REGION",
  "AWS_EC2_METADATA_DISABLED",
  "AWS_EXECUTION_ENV",
  "AWS_MAX_ATTEMPTS",
  "AWS_REGION",
  "AWS_RETRY_MODE",
  "AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_SHARED_CREDENTIALS_FILE"
])

/** What a function's own environment says of itself. */
const ofLambda = /^AWS_(?:LAMBDA|XRAY)_/

const isOpen = (name: string): boolean => name.startsWith("AWS_") && !known.has(name) && !ofLambda.test(name)

/** Regions of AWS's first partition, where an endpoint is made of the region alone. */
const usualRegion = /^(?:us|eu|ap|sa|ca|me|af|il|mx)-[a-z]+-\d$/

/** Hosts for which the SDK's rules have more to say. */
const ownHost = /\.aws$|amazonaws/

const isUsual = (endpoint: string): boolean => {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined
  return url !== undefined && /^https?:$/.test(url.protocol) && url.pathname === "/" && url.search === "" &&
    url.hash === "" && url.username === "" && url.password === "" && !ownHost.test(url.hostname)
}

type Environment = Readonly<Record<string, string | undefined>>

/** An empty variable is none. */
const named = (environment: Environment, name: string): string | undefined => {
  const value = environment[name]
  return value === "" ? undefined : value
}

const home = (environment: Environment): string | undefined =>
  named(environment, "HOME") ??
    (named(environment, "USERPROFILE") === undefined && named(environment, "HOMEPATH") === undefined
      ? homedir()
      : undefined)

/** Whether there is, or may be, something in a file. */
const saysSomething = (path: string): boolean => {
  if (path === devNull) return false
  try {
    const found = statSync(path, { throwIfNoEntry: false })
    return found !== undefined && !(found.isFile() && found.size === 0)
  } catch {
    return true
  }
}

/** Whether there is a shared configuration, or may be one. */
const hasFiles = (environment: Environment): boolean => {
  const folder = home(environment)
  if (folder === undefined) return true
  return saysSomething(named(environment, "AWS_CONFIG_FILE") ?? join(folder, ".aws", "config")) ||
    saysSomething(named(environment, "AWS_SHARED_CREDENTIALS_FILE") ?? join(folder, ".aws", "credentials"))
}

const fromEnvironment = (environment: Environment): SdkConfig.Provider | undefined => {
  const accessKeyId = named(environment, "AWS_ACCESS_KEY_ID")
  const secretAccessKey = named(environment, "AWS_SECRET_ACCESS_KEY")
  const sessionToken = named(environment, "AWS_SESSION_TOKEN")
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined
  return () =>
    Promise.resolve({
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === undefined ? {} : { sessionToken })
    })
}

/**
 * What the SDK would find, where that is known; else the option or variable for which the SDK is to be asked. It is asked later, too, by `sdk`,
 * for a table that is named by its ARN and for credentials that know their account.
 */
export const source = (
  options: Options,
  environment: Environment,
  sdk: () => Promise<Source>
): Source | string => {
  const { endpoint } = options
  const region = options.region ?? environment.AWS_REGION
  if (region === undefined || !usualRegion.test(region)) return "region"
  if (options.profile !== undefined) return "profile"
  if (endpoint !== undefined && !isUsual(endpoint)) return "endpoint"
  const variable = Object.keys(environment).find(isOpen) ?? (hasFiles(environment) ? "AWS_CONFIG_FILE" : undefined)
  if (variable !== undefined) return variable
  const provider = () =>
    options.credentials === undefined ? fromEnvironment(environment) : SdkConfig.provider(options.credentials)
  if (provider() === undefined) return "credentials"
  const usual: Target = toTarget(
    { endpoint: { url: new URL(endpoint ?? `https://dynamodb.${region}.amazonaws.com`) }, signing: undefined },
    region
  )
  const namesOwner = (tables: Named): boolean =>
    typeof tables === "string" ? isArn(tables) : tables?.some(isArn) === true
  return {
    region,
    config: {
      // asked for anew, the environment is read anew
      credentials: (options) =>
        SdkConfig.checkedProvider(provider() ?? (() => Promise.reject(new Error("none"))))({ ...options })
    },
    endpoint: async (tables, accountId) =>
      (accountId !== undefined && endpoint === undefined) || namesOwner(tables)
        ? (await sdk()).endpoint(tables, accountId)
        : usual
  }
}
