/** The tag of the service without the module that loads the AWS SDK. A tag is found by its key: it is the same one as `S3`. */
import * as Context from "effect/Context"
import type * as Api from "../S3.js"

export const key = "@armature/s3/S3"

export const S3: Context.Tag<Api.S3, Api.S3.Service> = Context.GenericTag<Api.S3, Api.S3.Service>(key)
