/** What a client records of its calls. */
import { type AwsException, isThrottling } from "../AwsException.js"
import * as Telemetry from "../Telemetry.js"

/** Records the calls of one service, under the label that names an operation there. */
export const make = (durationName: string, operationLabel: string) => {
  const duration = Telemetry.labelled(Telemetry.durationKey(durationName))
  const retries = Telemetry.labelled(Telemetry.retriesKey)
  const failures = Telemetry.labelled(Telemetry.failuresKey)
  const throttles = Telemetry.labelled(Telemetry.throttlesKey)

  return {
    succeeded: (operation: string, seconds: number): void => duration(seconds, { [operationLabel]: operation }),

    failed: (operation: string, seconds: number, e: AwsException): void => {
      const labels = { [operationLabel]: operation, "error.type": e._tag }
      duration(seconds, labels)
      failures(1, labels)
    },

    /** Each attempt that failed. */
    attemptFailed: (operation: string, resource: string | undefined, e: AwsException): void => {
      if (!isThrottling(e)) return
      const place = { [operationLabel]: operation, ...(resource === undefined ? {} : { resource }) }
      for (const reason of reasonsOf(e)) throttles(1, { ...place, reason })
    },

    retried: (operation: string, e: AwsException): void =>
      retries(1, { [operationLabel]: operation, "error.type": e._tag })
  }
}

const reasonsOf = (e: AwsException): ReadonlyArray<string> => {
  const reasons = "reasons" in e && Array.isArray(e.reasons) ? e.reasons : []
  const names = reasons.flatMap((one: unknown) =>
    typeof one === "object" && one !== null && "reason" in one && typeof one.reason === "string" ? [one.reason] : []
  )
  return names.length === 0 ? ["unknown"] : names
}
