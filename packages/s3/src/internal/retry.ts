/** The policy where nobody sets one. */
import { type Policy, standard } from "@armature/aws/AwsRetry"

export const defaultRetry: Policy = standard({ base: "50 millis", attempts: 3 })
