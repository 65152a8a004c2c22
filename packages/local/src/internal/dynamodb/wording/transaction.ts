/**
 * What DynamoDB says about transactions.
 */
export const oneAction = "TransactItems can only contain one of Check, Put, Update or Delete"
export const severalOperations = "Transaction request cannot include multiple operations on one item"
export const tooLarge =
  "Collection size exceeded: the aggregate size of the items in the transaction exceeds 4194304 bytes"
export const cancelled = (codes: ReadonlyArray<string>) =>
  `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes.join(", ")}]`
export const otherParameters = "Request has the same client token as a previous request but different parameters"
