/**
 * What to do about each failure: the handlers that `docs/failures.md` shows, each run here against a service that fails so.
 *
 *     npm run example -- examples/handling.ts
 */
import { AwsException, AwsRetry, Exceptions } from "@armature/aws"
import { AttributeValue, Document, DynamoDB, DynamoDBException, Item } from "@armature/dynamodb"
import { Cause, Console, Effect, Either, Layer, Option, Schedule } from "effect"

// --------------------------------------------------------------------------------------------- what the handlers are put on

const Key = { id: { S: "ada" } }

const read = Effect.flatMap(DynamoDB.DynamoDB, (db) => db.getItem({ TableName: "users", Key }))

const write = Effect.flatMap(DynamoDB.DynamoDB, (db) =>
  db.putItem({
    TableName: "users",
    Item: { ...Key, name: { S: "Ada" } },
    ConditionExpression: "attribute_not_exists(id)",
    ReturnValuesOnConditionCheckFailure: "ALL_OLD"
  }))

// -------------------------------------------------------------------------------------------------- the failures of any service

const accessDenied = read.pipe(
  // the message names the action to grant
  Effect.catchTag("AccessDeniedException", (e) => Effect.succeed(e.message))
)

const configuration = DynamoDB.layer({ endpoint: "no url" }).pipe(
  Layer.catchAll((e) => Layer.die(`${e.reason} ${e.option ?? ""}: ${e.message}`))
)

const connection = read.pipe(
  Effect.catchTag("ConnectionException", (e) =>
    e.reason === "Refused" || e.reason === "NotFound"
      ? Effect.dieMessage(`nothing at ${e.address}: is \`endpoint\` right?`)
      : Effect.succeed("try later"))
)

const credentials = read.pipe(
  Effect.catchTag("CredentialsException", (e) =>
    Effect.succeed(
      {
        Missing: "log in",
        Invalid: "check the access key",
        Expired: "log in again",
        ClockSkew: "set the clock"
      }[e.reason]
    ))
)

const invalidResponse = read.pipe(
  Effect.catchTag(
    "InvalidResponseException",
    (e) => Effect.succeed(`HTTP ${e.statusCode}, and no answer of DynamoDB: a proxy or a captive portal?`)
  )
)

const limitExceeded = (table: DynamoDB.Operations["CreateTable"]["input"]) =>
  Effect.flatMap(DynamoDB.DynamoDB, (db) => db.createTable(table)).pipe(
    // too many tables are being created at a time: wait for those
    Effect.retry({
      while: (e) => e._tag === "LimitExceededException",
      schedule: Schedule.spaced("10 seconds").pipe(Schedule.upTo("5 minutes"))
    })
  )

const resourceInUse = (table: DynamoDB.Operations["CreateTable"]["input"]) =>
  Effect.flatMap(DynamoDB.DynamoDB, (db) => db.createTable(table)).pipe(
    Effect.catchTag("ResourceInUseException", (e) => Effect.succeed(`"${e.resource}" is there`))
  )

const resourceNotFound = read.pipe(
  Effect.catchTag("ResourceNotFoundException", (e) => Effect.succeed(`no table "${e.resource}": deploy it first`))
)

const serialization = AttributeValue.encodeItem({ id: "ada", limits: [1, NaN] }).pipe(
  Effect.catchTag("SerializationException", (e) => Effect.succeed(`${e.path.join(".")} ${e.reason}`))
)

const service = read.pipe(
  Effect.catchTag(
    "ServiceException",
    (e) => Effect.succeed(`AWS said ${e.code}; ask support about request ${e.requestId}`)
  )
)

const serviceUnavailable = read.pipe(
  // the policy tried already: answer from elsewhere, or later
  Effect.catchTag("ServiceUnavailableException", () => Effect.succeed("from the cache"))
)

const throttling = read.pipe(
  Effect.catchTag(
    "ThrottlingException",
    (e) => Effect.succeed(`slow down: ${e.reasons?.map(({ reason }) => reason).join(", ") ?? e.code}`)
  )
)

const validation = read.pipe(
  // a mistake in the program: found by us before sending (`reason`), or by AWS (`awsMessage`, which may quote values)
  Effect.catchTag("ValidationException", (e) => Effect.succeed(`fix the request: ${e.reason ?? "see awsMessage"}`))
)

const writeOutcomeUnknown = write.pipe(
  Effect.catchTag("WriteOutcomeUnknownException", () =>
    // read before writing again
    Effect.flatMap(DynamoDB.DynamoDB, (db) => db.getItem({ TableName: "users", Key, ConsistentRead: true })).pipe(
      Effect.map(({ Item }) => Item === undefined ? "not there yet: it may still land" : "applied, by us or another")
    ))
)

// ------------------------------------------------------------------------------------------------------ DynamoDB's own failures

const conditionalCheckFailed = write.pipe(
  Effect.catchTag("ConditionalCheckFailedException", (e) =>
    Effect.succeed(Option.match(e.item, {
      onNone: () => "the condition is false",
      onSome: (item) => `taken by ${item.name?.S}`
    })))
)

const transact = Effect.flatMap(DynamoDB.DynamoDB, (db) =>
  db.transactWriteItems({
    TransactItems: [
      { Put: { TableName: "users", Item: Key } },
      { Delete: { TableName: "users", Key: { id: { S: "bob" } }, ConditionExpression: "attribute_exists(id)" } }
    ]
  }))

const transactionCanceled = transact.pipe(
  Effect.catchTag(
    "TransactionCanceledException",
    (e) => Effect.succeed(e.reasons[1]?.code === "ConditionalCheckFailed" ? "there is no bob" : e.codes.join(", "))
  )
)

const transactionConflict = write.pipe(
  // the policy tried already: whoever holds the item holds it long, or many want it
  Effect.catchTag("TransactionConflictException", () => Effect.succeed("busy, try later"))
)

const transactionInProgress = transact.pipe(
  Effect.catchTag(
    "WriteOutcomeUnknownException",
    (e) =>
      Effect.succeed(
        e.last._tag === "TransactionInProgressException" ? "our first request is still under way" : e.message
      )
  )
)

const idempotentParameterMismatch = transact.pipe(
  Effect.catchTag(
    "IdempotentParameterMismatchException",
    () => Effect.dieMessage("a ClientRequestToken of our own was used for two requests")
  )
)

const insert = Effect.flatMap(
  DynamoDB.DynamoDB,
  (db) => db.executeStatement({ Statement: "INSERT INTO users VALUE {'id': ?}", Parameters: [{ S: "ada" }] })
)

const duplicateItem = insert.pipe(
  Effect.catchTag("DuplicateItemException", () => Effect.succeed("there is one with this key"))
)

const statement = Effect.flatMap(DynamoDB.DynamoDB, (db) =>
  db.batchExecuteStatement({
    Statements: [{ Statement: "SELECT * FROM users WHERE id = 'ada'" }, { Statement: "SELECT * FROM nowhere" }]
  })).pipe(
    // one Either for each statement, in order
    Effect.map(({ Responses }) =>
      Responses.map(
        Either.match({ onLeft: (e) => e.code, onRight: (item) => item === undefined ? "nothing" : "an item" })
      )
    )
  )

const provisionedThroughputExceeded = read.pipe(
  Effect.catchTag("ProvisionedThroughputExceededException", (e) =>
    Effect.succeed(
      e.reasons?.some(({ reason }) => reason.includes("KeyRange")) === true
        ? "one key is hot"
        : "more capacity, or a rate limit"
    ))
)

const itemCollectionSizeLimitExceeded = write.pipe(
  Effect.catchTag(
    "ItemCollectionSizeLimitExceededException",
    () => Effect.dieMessage("over 10 GB under one partition key of a table with local indexes: split the key")
  )
)

const replicatedWriteConflict = write.pipe(
  Effect.catchTag("ReplicatedWriteConflictException", () => Effect.succeed("another region was first"))
)

const waiterTimeout = Effect.flatMap(
  DynamoDB.DynamoDB,
  (db) => db.waitUntilTableExists({ TableName: "users" }, { schedule: Schedule.recurs(1) })
).pipe(
  Effect.catchTag("WaiterTimeoutException", (e) => Effect.succeed(`still ${e.status ?? "not there"}`))
)

const itemTooLarge = AttributeValue.encodeItem({ id: "ada", portrait: new Uint8Array(500_000) }).pipe(
  Effect.flatMap(Item.checkSize),
  Effect.catchTag(
    "ItemTooLargeException",
    (e) => Effect.succeed(`${e.largest[0]?.attribute} does not fit: ${e.size} of ${e.maxSize} bytes`)
  )
)

const unprocessed = Effect.flatMap(
  Document.Document,
  (document) => document.batchWriteItem(["ada", "bob"].map((id) => ({ put: "users", item: { id } })))
).pipe(
  Effect.catchTag("UnprocessedException", (e) =>
    // both have the shape that the batch takes: queue what was not done; look at what is not known first
    Effect.succeed(`${e.unprocessed.length} to do again, ${e.unknown.length} to look at`))
)

// ---------------------------------------------------------------------------------------------------- several at a time

const categories = write.pipe(
  AwsException.catchThrottling(() => Effect.succeed("too fast")),
  AwsException.catchTransient(() => Effect.succeed("later")),
  AwsException.catchAuth((e) => Effect.dieMessage(e.message)),
  // every other one of the family; failures of the program's own stay in the type
  AwsException.catchAws((e) => Effect.succeed(e.retryable ? "later" : e.message))
)

// -------------------------------------------------------------------------------------------------------------- the run

/** A service whose every operation of these fails so. A failure that the operation cannot have does not compile. */
const getItem = (e: DynamoDB.GetItemError) => DynamoDB.layerFake({ getItem: () => Effect.fail(e) })
const putItem = (e: DynamoDB.PutItemError | DynamoDBException.ConditionalCheckFailedException<DynamoDB.Item>) =>
  DynamoDB.layerFake({ putItem: () => Effect.fail(e), getItem: () => Effect.succeed({}) })
const createTable = (e: DynamoDB.CreateTableError) => DynamoDB.layerFake({ createTable: () => Effect.fail(e) })
const transactWrite = (e: DynamoDB.TransactWriteItemsError) =>
  DynamoDB.layerFake({ transactWriteItems: () => Effect.fail(e) })

const none = { code: "None", awsMessage: undefined, item: Option.none() } as const
const table = { TableName: "users", KeySchema: [], AttributeDefinitions: [] }
const reasons = [{ reason: "TableReadKeyRangeThroughputExceeded", resource: undefined }]
const last = new Exceptions.ConnectionException({ reason: "Reset", outcome: "unknown" })

const told = <A, E, R>(tag: string, handled: Effect.Effect<A, E, R>) =>
  handled.pipe(
    Effect.catchAllCause((cause) => Effect.succeed(`defect: ${String(Cause.squash(cause))}`)),
    Effect.flatMap((what) => Console.log(`${tag.padEnd(42)} ${typeof what === "string" ? what : JSON.stringify(what)}`))
  )

const program = Effect.all([
  told(
    "AccessDeniedException",
    Effect.provide(
      accessDenied,
      getItem(new Exceptions.AccessDeniedException({ service: "DynamoDB", operation: "GetItem" }))
    )
  ),
  told("ConfigurationException", Effect.provide(Effect.void, configuration)),
  told(
    "ConnectionException",
    Effect.provide(connection, getItem(new Exceptions.ConnectionException({ reason: "Timeout" })))
  ),
  told(
    "CredentialsException",
    Effect.provide(credentials, getItem(new Exceptions.CredentialsException({ reason: "Expired" })))
  ),
  told(
    "InvalidResponseException",
    Effect.provide(invalidResponse, getItem(new Exceptions.InvalidResponseException({ statusCode: 200 })))
  ),
  told(
    "LimitExceededException",
    Effect.provide(limitExceeded(table), createTable(new Exceptions.LimitExceededException())).pipe(
      Effect.timeoutTo({ duration: "10 millis", onSuccess: () => "created", onTimeout: () => "waits for the others" })
    )
  ),
  told(
    "ResourceInUseException",
    Effect.provide(resourceInUse(table), createTable(new Exceptions.ResourceInUseException({ resource: "users" })))
  ),
  told(
    "ResourceNotFoundException",
    Effect.provide(resourceNotFound, getItem(new Exceptions.ResourceNotFoundException({ resource: "users" })))
  ),
  told("SerializationException", serialization),
  told(
    "ServiceException",
    Effect.provide(service, getItem(new Exceptions.ServiceException({ code: "NewException", requestId: "R1" })))
  ),
  told(
    "ServiceUnavailableException",
    Effect.provide(serviceUnavailable, getItem(new Exceptions.ServiceUnavailableException()))
  ),
  told("ThrottlingException", Effect.provide(throttling, getItem(new Exceptions.ThrottlingException({ reasons })))),
  told("ValidationException", Effect.provide(validation, getItem(new Exceptions.ValidationException({})))),
  told(
    "WriteOutcomeUnknownException",
    Effect.provide(writeOutcomeUnknown, putItem(new Exceptions.WriteOutcomeUnknownException({ last })))
  ),
  told(
    "ConditionalCheckFailedException",
    Effect.provide(
      conditionalCheckFailed,
      putItem(new DynamoDBException.ConditionalCheckFailedException({ item: Option.some({ name: { S: "Ada" } }) }))
    )
  ),
  told(
    "TransactionCanceledException",
    Effect.provide(
      transactionCanceled,
      transactWrite(
        new DynamoDBException.TransactionCanceledException({
          reasons: [none, { ...none, code: "ConditionalCheckFailed" }]
        })
      )
    )
  ),
  told(
    "TransactionConflictException",
    Effect.provide(transactionConflict, putItem(new DynamoDBException.TransactionConflictException()))
  ),
  told(
    "TransactionInProgressException",
    Effect.provide(
      transactionInProgress,
      transactWrite(
        new Exceptions.WriteOutcomeUnknownException({ last: new DynamoDBException.TransactionInProgressException() })
      )
    )
  ),
  told(
    "IdempotentParameterMismatchException",
    Effect.provide(
      idempotentParameterMismatch,
      transactWrite(new DynamoDBException.IdempotentParameterMismatchException())
    )
  ),
  told(
    "DuplicateItemException",
    Effect.provide(
      duplicateItem,
      DynamoDB.layerFake({ executeStatement: () => Effect.fail(new DynamoDBException.DuplicateItemException()) })
    )
  ),
  told(
    "StatementException",
    Effect.provide(
      statement,
      DynamoDB.layerFake({
        batchExecuteStatement: () =>
          Effect.succeed({ Responses: [{ Item: Key }, { Error: { Code: "ResourceNotFound" } }] })
      })
    )
  ),
  told(
    "ProvisionedThroughputExceededException",
    Effect.provide(
      provisionedThroughputExceeded,
      getItem(new DynamoDBException.ProvisionedThroughputExceededException({ reasons }))
    )
  ),
  told(
    "ItemCollectionSizeLimitExceededException",
    Effect.provide(
      itemCollectionSizeLimitExceeded,
      putItem(new DynamoDBException.ItemCollectionSizeLimitExceededException())
    )
  ),
  told(
    "ReplicatedWriteConflictException",
    Effect.provide(replicatedWriteConflict, putItem(new DynamoDBException.ReplicatedWriteConflictException()))
  ),
  told(
    "WaiterTimeoutException",
    Effect.provide(
      waiterTimeout,
      DynamoDB.layerFake({ describeTable: () => Effect.succeed({ Table: { TableStatus: "CREATING" } }) })
    )
  ),
  told("ItemTooLargeException", itemTooLarge),
  told(
    "UnprocessedException",
    unprocessed.pipe(
      Effect.provide(Document.layer),
      Effect.provide(
        DynamoDB.layerFake({ batchWriteItem: ({ RequestItems }) => Effect.succeed({ UnprocessedItems: RequestItems }) })
      ),
      AwsRetry.withPolicy(AwsRetry.none)
    )
  ),
  told("by category", Effect.provide(categories, putItem(new DynamoDBException.TransactionConflictException())))
])

await Effect.runPromise(program)
