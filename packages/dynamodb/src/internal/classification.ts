/** DynamoDB's own rows of the table from AWS's error names to exceptions. */
import type { Fields } from "@armature/aws/AwsException"
import { type Rule, type Rules, throttlingReasons } from "@armature/aws/Classify"
import * as E from "@armature/aws/Exceptions"
import * as D from "../DynamoDBException.js"
import { itemOf, reasonsOf } from "./items.js"

/** A canceled transaction is worth another try when each action that failed met a conflict or a throttle. */
const passing: ReadonlySet<string> = new Set([
  "TransactionConflict",
  "ProvisionedThroughputExceeded",
  "ThrottlingError"
])

const retried = (make: (fields: Fields) => ReturnType<Rule>): Rule => (fields) => make({ ...fields, retryable: true })

const notFound: Rule = (fields) => new E.ResourceNotFoundException(fields)
const inUse: Rule = (fields) => new E.ResourceInUseException(fields)

export const rules: Rules = {
  ConditionalCheckFailedException: (fields, fault) =>
    new D.ConditionalCheckFailedException({ ...fields, item: itemOf(fault.detail?.Item) }),
  TransactionCanceledException: (fields, fault) => {
    const reasons = reasonsOf(fault.detail?.CancellationReasons)
    const failed = reasons.filter((reason) => reason.code !== "None")
    return new D.TransactionCanceledException({
      ...fields,
      reasons,
      retryable: failed.length > 0 && failed.every((reason) => passing.has(reason.code))
    })
  },
  TransactionConflictException: retried((fields) => new D.TransactionConflictException(fields)),
  TransactionInProgressException: retried((fields) =>
    new D.TransactionInProgressException({ ...fields, outcome: "unknown" })
  ),
  ReplicatedWriteConflictException: retried((fields) => new D.ReplicatedWriteConflictException(fields)),
  ProvisionedThroughputExceededException: (fields, fault) =>
    new D.ProvisionedThroughputExceededException({ ...fields, retryable: true, reasons: throttlingReasons(fault) }),
  DuplicateItemException: (fields) => new D.DuplicateItemException(fields),
  IdempotentParameterMismatchException: (fields) => new D.IdempotentParameterMismatchException(fields),
  ItemCollectionSizeLimitExceededException: (fields) => new D.ItemCollectionSizeLimitExceededException(fields),
  LimitExceededException: (fields) => new E.LimitExceededException(fields),
  ResourceNotFoundException: notFound,
  TableNotFoundException: notFound,
  ResourceInUseException: inUse,
  TableInUseException: inUse,
  TableAlreadyExistsException: inUse
}
