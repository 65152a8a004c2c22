/**
 * Random sequences of requests to this engine and to another one: the same answers and the same types of errors, but for the
 * differences that are listed. Each sequence has a seed, which is printed with a reproduction when it fails.
 */
import * as DynamoDBEngine from "@armature/local/DynamoDBEngine"
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { assert } from "vitest"
import type { Answer } from "./compare.js"
import { answered, comparable, refused } from "./compare.js"
import { differences } from "./differences.js"
import * as Dynoxide from "./dynoxide.js"
import type { Input, Request } from "./requests.js"
import { creations, everything, sequence } from "./requests.js"
import { Chance } from "./values.js"

/** All of them in CI, where the variable is set; some in between. */
const sequences = Math.min(Number(process.env.ARMATURE_SEQUENCES ?? 300), 20_000)
const firstSeed = Number(process.env.ARMATURE_SEED ?? 1)
const inFlight = 8
const mostPages = 20

type Engine = (operation: string, input: Input) => Promise<Answer>

const inProcess = (seed: number): Engine => {
  const chance = new Chance(seed)
  const engine = DynamoDBEngine.make({ now: () => 1_700_000_000_000, random: () => chance.number() })
  return (operation, input) =>
    Promise.resolve(
      Either.match(engine.execute(operation, input), {
        onLeft: ({ code, detail, message }) => refused(code ?? "", message, detail ?? {}),
        onRight: answered
      })
    )
}

const overHttp = (send: Dynoxide.Send): Engine => async (operation, input) => {
  const { body, status } = await send(operation, input)
  if (status === 200) return answered(body)
  const message = body["message"] ?? body["Message"]
  return refused(String(body["__type"]).replace(/^.*#/, ""), String(message), body)
}

/** The answer to a request; of one that is paged, all pages, or the refusal of one. */
const ask = async (engine: Engine, request: Request): Promise<Answer> => {
  const outputs: Array<Input> = []
  let start: unknown
  do {
    const from = start === undefined ? {} : { ExclusiveStartKey: decoded(start) }
    const answer = await engine(request.operation, { ...request.input, ...from })
    if (answer.refusal !== undefined) return answer
    outputs.push(answer.output)
    start = request.paged === true ? answer.output["LastEvaluatedKey"] : undefined
  } while (start !== undefined && outputs.length < mostPages)
  return { output: { pages: comparable(request, outputs) } }
}

/** A key of a canonical answer, to be sent again. */
const decoded = (key: unknown): unknown =>
  JSON.parse(
    JSON.stringify(key),
    (name, value: unknown) =>
      name === "B" && typeof value === "string" ? new Uint8Array(Buffer.from(value, "base64")) : value
  )

/** What two answers are compared by: of a refusal its type, not its wording. */
const essence = ({ output, refusal }: Answer): string =>
  JSON.stringify(refusal === undefined ? output : { code: refusal.code, reasons: refusal.reasons })

const isWrite = ({ operation }: Request) => !/^(Get|Query|Scan|BatchGet|TransactGet)/.test(operation)

const shown = (value: unknown) =>
  JSON.stringify(
    value,
    (_, member: unknown) => member instanceof Uint8Array ? Buffer.from(member).toString("base64") : member
  )

const compareOne = async (seed: number, send: Dynoxide.Send, met: Map<string, number>) => {
  const { requests, tables } = sequence(seed)
  const ours = inProcess(seed)
  const theirs = overHttp(send)
  const sent: Array<Request> = []
  const same = async (request: Request): Promise<boolean> => {
    const earlier = [...sent]
    sent.push(request)
    const [mine, other] = await Promise.all([ask(ours, request), ask(theirs, request)])
    if (essence(mine) === essence(other)) return true
    const known = differences.find(({ explains }) => explains({ request, ours: mine, theirs: other, earlier }))
    if (known === undefined) {
      throw new Error([
        `seed ${seed} (ARMATURE_SEED=${seed} ARMATURE_SEQUENCES=1), request ${sent.length}: a difference that is not listed`,
        ...sent.map(({ input, operation }) => `${operation} ${shown(input)}`),
        `this engine: ${shown(mine)}`,
        `dynoxide:    ${shown(other)}`
      ].join("\n"))
    }
    met.set(known.name, (met.get(known.name) ?? 0) + 1)
    // after a write that differed, so does what stands
    return !isWrite(request)
  }
  try {
    for (const request of [...creations(tables), ...requests, ...tables.map(everything)]) {
      if (!(await same(request))) break
    }
  } finally {
    for (const { name } of tables) await send("DeleteTable", { TableName: name })
  }
}

describe("differential", () => {
  const program = Dynoxide.program
  if (program === undefined) {
    it.skip("is skipped: @dynoxide/linux-x64 is not installed, as on every platform but Linux on x64", () => {})
    return
  }
  it.scoped(`${sequences} random sequences are answered as dynoxide answers them`, () =>
    Effect.gen(function*() {
      const send = yield* Dynoxide.make(program, inFlight)
      const met = new Map<string, number>()
      const failures: Array<string> = []
      const rare = firstSeed === 1 ? differences.flatMap(({ seed }) => seed ?? []) : []
      const seeds = [...Array.from({ length: sequences }, (_, i) => firstSeed + i), ...rare]
      yield* Effect.forEach(
        seeds,
        (seed) =>
          Effect.promise(() =>
            compareOne(seed, send, met).catch((error: unknown) => void failures.push(String(error)))
          ),
        { concurrency: inFlight, discard: true }
      )
      assert.strictEqual(failures.length, 0, failures.join("\n\n"))
      // A difference that is gone has no place in the list.
      if (firstSeed === 1 && sequences >= 20_000) {
        assert.deepStrictEqual(differences.filter(({ name }) => !met.has(name)).map(({ name }) => name), [])
      }
    }), 900_000)
})
