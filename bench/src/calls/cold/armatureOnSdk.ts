const started = performance.now()
const DynamoDB = await import("@armature/dynamodb/DynamoDB")
const Effect = await import("effect/Effect")
const Redacted = await import("effect/Redacted")
await Effect.runPromise(
  Effect.flatMap(
    DynamoDB.DynamoDB,
    (db) => db.getItem({ TableName: "bench", Key: { pk: { S: "a" }, sk: { S: "b" } } })
  ).pipe(
    Effect.tap(() => Effect.sync(() => process.send?.(performance.now() - started))),
    Effect.provide(
      DynamoDB.layer({
        endpoint: `http://127.0.0.1:${process.argv[2]}`,
        region: "us-east-1",
        credentials: { accessKeyId: "bench", secretAccessKey: Redacted.make("bench") }
      })
    )
  )
)
export {}
