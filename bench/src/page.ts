/**
 * What the model adds to a page of 100 items of 1 KB: its query over a service that answers with the text of one, against `JSON.parse` of that
 * text alone. They take turns; CPU, the median of many rounds.
 *
 *     npx tsx bench/src/bundled.ts page [--rounds N] [--json FILE]
 */
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { writeFileSync } from "node:fs"
import { parseArgs } from "node:util"
import { Orders } from "./calls/contestants/entities.js"
import { median } from "./calls/figures.js"
import { hundred, storedItem, tenant } from "./calls/work.js"

const { values: flags } = parseArgs({ options: { rounds: { type: "string" }, json: { type: "string" } } })
const rounds = Number(flags.rounds ?? 60)
const pages = 50

const text = JSON.stringify({ Count: hundred.length, ScannedCount: hundred.length, Items: hundred.map(storedItem) })
const parsed = (): DynamoDB.Operations["Query"]["output"] => JSON.parse(text)

const runtime = ManagedRuntime.make(DynamoDB.layerFake({ query: () => Effect.sync(parsed) }))

const micros = async (what: () => unknown): Promise<number> => {
  const began = process.cpuUsage()
  await what()
  const { system, user } = process.cpuUsage(began)
  return (system + user) / pages
}

const parse = () => {
  let items = 0
  for (let i = 0; i < pages; i++) items += parsed().Items?.length ?? 0
  if (items !== pages * hundred.length) throw new Error("a page is missing items")
}

const model = () =>
  runtime.runPromise(Effect.gen(function*() {
    for (let i = 0; i < pages; i++) {
      const { items } = yield* Orders.queryPage("primary", { tenant })
      if (items.length !== hundred.length) throw new Error("a page is missing items")
    }
  }))

const times = { parse: [] as Array<number>, model: [] as Array<number> }
for (let round = 0; round < rounds + 10; round++) {
  const [alone, whole] = [await micros(parse), await micros(model)]
  // the first are for the compiler
  if (round < 10) continue
  times.parse.push(alone)
  times.model.push(whole)
}
await runtime.dispose()

const figures = {
  parse: median(times.parse),
  model: median(times.model),
  ratio: median(times.model.map((whole, i) => whole / (times.parse[i] ?? NaN)))
}
console.log(
  `JSON.parse of a page: ${figures.parse.toFixed(0)} µs; the model's query of it: ${figures.model.toFixed(0)} µs`
)
console.log(`ratio, median of ${rounds} rounds: ${figures.ratio.toFixed(2)}`)
if (flags.json !== undefined) writeFileSync(flags.json, JSON.stringify(figures, undefined, 2))
