/**
 * The operations on buckets themselves.
 */
import { record, refuse } from "../refusal.js"
import type { Input, Output } from "../refusal.js"
import * as Read from "./input.js"
import { compareKeys } from "./store.js"
import type { Store } from "./store.js"

type Operation = (store: Store, input: Input) => Output

const validName = /^(?!\d{1,3}(\.\d{1,3}){3}$)(?!xn--)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/

export const createBucket: Operation = (store, input) => {
  const name = Read.bucketName(input)
  if (!validName.test(name)) {
    return refuse("InvalidBucketName", "The specified bucket is not valid.", 400, { BucketName: name })
  }
  if (Read.flag(input, "ObjectLockEnabledForBucket")) {
    return refuse("NotImplemented", "A header you provided implies functionality that is not implemented", 501)
  }
  const constraint = Read.text(record(input["CreateBucketConfiguration"]), "LocationConstraint")
  const region = constraint === undefined ? store.options.region : constraint === "EU" ? "eu-west-1" : constraint
  const existing = store.buckets.get(name)
  // In its first region, and only there, S3 takes the creation of one's own bucket for done.
  if (existing !== undefined && (existing.region !== "us-east-1" || region !== "us-east-1")) {
    return refuse(
      "BucketAlreadyOwnedByYou",
      "Your previous request to create the named bucket succeeded and you already own it.",
      409,
      { BucketName: name }
    )
  }
  if (existing === undefined) {
    store.putBucket({
      name,
      created: store.second(),
      region,
      versioning: undefined,
      objects: new Map(),
      uploads: new Map()
    })
  }
  return { Location: `/${name}` }
}

export const deleteBucket: Operation = (store, input) => {
  const bucket = store.bucket(Read.bucketName(input))
  if (bucket.objects.size > 0) {
    return refuse("BucketNotEmpty", "The bucket you tried to delete is not empty", 409, { BucketName: bucket.name })
  }
  store.removeBucket(bucket)
  return {}
}

export const headBucket: Operation = (store, input) => ({
  BucketRegion: store.bucket(Read.bucketName(input)).region,
  AccessPointAlias: false
})

export const getBucketLocation: Operation = (store, input) => {
  const { region } = store.bucket(Read.bucketName(input))
  return region === "us-east-1" ? {} : { LocationConstraint: region }
}

export const listBuckets: Operation = (store, input) => {
  const prefix = Read.text(input, "Prefix") ?? ""
  const region = Read.text(input, "BucketRegion")
  const max = Read.whole(input, "MaxBuckets", 1, 10_000) ?? 10_000
  const after = Buffer.from(Read.text(input, "ContinuationToken") ?? "", "base64url").toString("utf8")
  const later = [...store.buckets.values()]
    .filter((one) => one.name.startsWith(prefix) && (region === undefined || one.region === region))
    .filter((one) => compareKeys(one.name, after) > 0)
    .sort((a, b) => compareKeys(a.name, b.name))
  const page = later.slice(0, max)
  return {
    Owner: { ID: "armature", DisplayName: "armature" },
    Buckets: page.map((one) => ({ Name: one.name, CreationDate: new Date(one.created), BucketRegion: one.region })),
    Prefix: prefix === "" ? undefined : prefix,
    ContinuationToken: later.length > max ? Buffer.from(page[max - 1]?.name ?? "").toString("base64url") : undefined
  }
}

export const putBucketVersioning: Operation = (store, input) => {
  const bucket = store.bucket(Read.bucketName(input))
  const configuration = record(input["VersioningConfiguration"])
  const status = Read.text(configuration, "Status")
  if (configuration["MFADelete"] === "Enabled") {
    return refuse("NotImplemented", "MFA delete is not available here.", 501)
  }
  if (status !== "Enabled" && status !== "Suspended") {
    return refuse("IllegalVersioningConfigurationException", "The Versioning element must be specified")
  }
  store.putBucket({ ...bucket, versioning: status })
  return {}
}

export const getBucketVersioning: Operation = (store, input) => {
  const { versioning } = store.bucket(Read.bucketName(input))
  return versioning === undefined ? {} : { Status: versioning }
}
