/**
 * A DynamoDB that knows its answers by heart: a process of its own, so that only the client's work is in the client's time. Capacity is
 * told to those who ask for it, and each answer has the headers that DynamoDB's have.
 */
import { createServer } from "node:http"
import { crc32 } from "node:zlib"
import { hundred, storedItem, tableName } from "./work.js"

const capacity = (units: number) => ({ TableName: tableName, CapacityUnits: units })
const one = { ConsumedCapacity: capacity(1) }
const items = hundred.map(storedItem)

const answers: Readonly<Record<string, readonly [answer: object, withCapacity: object]>> = {
  GetItem: [{ Item: storedItem(1) }, one],
  PutItem: [{}, one],
  UpdateItem: [{}, one],
  Query: [{ Items: items, Count: 100, ScannedCount: 100 }, { ConsumedCapacity: capacity(12.5) }],
  BatchGetItem: [{ Responses: { [tableName]: items }, UnprocessedKeys: {} }, { ConsumedCapacity: [capacity(50)] }],
  TransactWriteItems: [{}, { ConsumedCapacity: [capacity(20)] }]
}

/** Node 20 has none. */
const table = Uint32Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = (n & 1) === 0 ? n >>> 1 : (n >>> 1) ^ 0xedb88320
  return n >>> 0
})
const slowCrc32 = (bytes: Uint8Array): number => {
  let crc = 0xffffffff
  for (const byte of bytes) crc = (crc >>> 8) ^ (table[(crc ^ byte) & 255] ?? 0)
  return (crc ^ 0xffffffff) >>> 0
}
const checksum = typeof crc32 === "function" ? (bytes: Uint8Array) => crc32(bytes) : slowCrc32

const encoded = new Map(
  Object.entries(answers).flatMap(([operation, [answer, withCapacity]]) =>
    [false, true].map((told) => {
      const body = Buffer.from(JSON.stringify(told ? { ...answer, ...withCapacity } : answer))
      const headers = {
        "content-type": "application/x-amz-json-1.0",
        "content-length": String(body.length),
        "x-amzn-requestid": "BENCH0000000000000000000000000000000000000000000000",
        "x-amz-crc32": String(checksum(body))
      }
      return [`${operation} ${told}`, { body, headers }] as const
    })
  )
)

const server = createServer((request, response) => {
  const chunks: Array<Buffer> = []
  request.on("data", (chunk: Buffer) => chunks.push(chunk)).on("end", () => {
    const operation = String(request.headers["x-amz-target"]).replace(/^.*\./, "")
    const told = /"ReturnConsumedCapacity":"(TOTAL|INDEXES)"/.test(Buffer.concat(chunks).toString("latin1"))
    const answer = encoded.get(`${operation} ${told}`)
    if (answer === undefined) response.writeHead(400).end()
    else response.writeHead(200, answer.headers).end(answer.body)
  })
})
server.keepAliveTimeout = 60_000
server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  process.send?.(typeof address === "object" && address !== null ? address.port : 0)
})
process.on("disconnect", () => process.exit())
