/** The tag of the service without the module that loads the AWS SDK. A tag is found by its key: it is the same one as `Kms`. */
import * as Context from "effect/Context"
import type * as Api from "../Kms.js"

export const key = "@armature/kms/Kms"

export const Kms: Context.Tag<Api.Kms, Api.Kms.Service> = Context.GenericTag<Api.Kms, Api.Kms.Service>(key)
