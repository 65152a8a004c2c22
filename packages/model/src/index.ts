/**
 * Schema in, DynamoDB items out.
 *
 * @since 0.1.0
 */

export * as Access from "./Access.js"

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

export * as Repository from "./Repository.js"

export * as Collection from "./Collection.js"

export * as StreamImage from "./StreamImage.js"

export * as Evolution from "./Evolution.js"

export * as Migration from "./Migration.js"

export * as Hooks from "./Hooks.js"
