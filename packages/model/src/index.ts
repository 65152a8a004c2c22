/**
 * Schema in, DynamoDB items out.
 *
 * @since 0.1.0
 */

export * as Ids from "./Ids.js"

export * as Key from "./Key.js"

export { key } from "./Key.js"

export * as Table from "./Table.js"

export * as Entity from "./Entity.js"

export * as EntityException from "./EntityException.js"

export * as Expression from "./Expression.js"

export * as Operation from "./Operation.js"

export * as Attribute from "./Attribute.js"

export * as Stored from "./Stored.js"

export * as Batch from "./Batch.js"

export { batch } from "./Batch.js"

export * as Transact from "./Transact.js"

export { transact, transactGet } from "./Transact.js"

export * as Loader from "./Loader.js"
