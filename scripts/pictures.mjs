/**
 * The pictures of `docs/observability.md`, from a run of `examples/observability.ts`: a trace, and a board of metrics, as its collector
 * received them.
 *
 *     node scripts/pictures.mjs
 */
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { withoutAws } from "./env.mjs"
import { root } from "./setup.mjs"

/** @typedef {{ key: string, value: { stringValue?: string } }} Attribute */
/** @typedef {{ timeUnixNano: string, name: string, attributes: Array<Attribute> }} SpanEvent */
/**
 * @typedef {{
 *   traceId: string, spanId: string, parentSpanId?: string, name: string, kind: number, startTimeUnixNano: string,
 *   endTimeUnixNano: string, events: Array<SpanEvent>, status: { code: number }
 * }} Span
 */
/** @typedef {{ attributes: Array<Attribute>, asDouble?: number, count?: number, sum?: number }} Point */
/** @typedef {{ name: string, sum?: { dataPoints: Array<Point> }, histogram?: { dataPoints: Array<Point> } }} Metric */
/** @typedef {{ at: number, path: string, body: any }} Received */
/** @typedef {{ name: string, values: ReadonlyArray<readonly [number, number]> }} Line */

const folder = mkdtempSync(join(tmpdir(), "armature-"))
const file = join(folder, "otlp.json")
const { status } = spawnSync(process.execPath, ["--import", "tsx", "examples/observability.ts", file, "8"], {
  cwd: root,
  stdio: ["ignore", "ignore", "inherit"],
  env: withoutAws({ ...process.env })
})
if (status !== 0) process.exit(1)
/** @type {ReadonlyArray<Received>} */
const received = JSON.parse(readFileSync(file, "utf8"))
rmSync(folder, { recursive: true })

const escape = (/** @type {string} */ text) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

const text = (/** @type {number} */ x, /** @type {number} */ y, /** @type {string} */ words, more = "") =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${escape(words)}</text>`

const picture = (
  /** @type {number} */ width,
  /** @type {number} */ height,
  /** @type {string} */ title,
  /** @type {ReadonlyArray<string>} */ parts
) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="ui-sans-serif, system-ui, sans-serif" font-size="12" fill="#1f2328">
<title>${escape(title)}</title>
<rect width="${width}" height="${height}" fill="#ffffff"/>
${parts.join("\n")}
</svg>
`

// ---------------------------------------------------------------------------------------------------------------- the trace

/** @type {ReadonlyArray<Span>} */
const spans = received.filter(({ path }) => path === "/v1/traces").flatMap(({ body }) =>
  body.resourceSpans.flatMap((/** @type {any} */ resource) =>
    resource.scopeSpans.flatMap((/** @type {any} */ scope) => scope.spans)
  )
)

const began = (/** @type {Span} */ span) => Number(BigInt(span.startTimeUnixNano) / 1000n)
const ended = (/** @type {Span} */ span) => Number(BigInt(span.endTimeUnixNano) / 1000n)

/** @type {(traceId: string) => ReadonlyArray<{ span: Span, depth: number }>} */
const tree = (traceId) => {
  const own = spans.filter((span) => span.traceId === traceId)
  /** @type {(parent: string | undefined, depth: number) => Array<{ span: Span, depth: number }>} */
  const under = (parent, depth) =>
    own.filter((span) => span.parentSpanId === parent).sort((a, b) => began(a) - began(b))
      .flatMap((span) => [{ span, depth }, ...under(span.spanId, depth + 1)])
  return under(undefined, 0)
}

// one that met a throttle and went well in the end: the shortest, since the bars of a long one are thin
const chosen = spans.filter((span) => span.name === "checkout" && span.parentSpanId === undefined)
  .map((span) => ({ rows: tree(span.traceId), took: ended(span) - began(span) }))
  .filter(({ rows }) =>
    rows.some(({ span }) => span.events.some(({ name }) => name === "retry")) &&
    rows.some(({ span }) => span.name === "receipt") &&
    rows.every(({ span }) => span.status.code === 1)
  )
  .sort((a, b) => a.took - b.took)[0]
if (chosen === undefined) throw new Error("no trace with a retry; run it again")

const trace = () => {
  const { rows, took } = chosen
  const start = Math.min(...rows.map(({ span }) => began(span)))
  const [left, width, row, top] = [300, 560, 26, 58]
  const x = (/** @type {number} */ at) => left + (at - start) / took * width
  const parts = [
    text(16, 24, "checkout", `font-size="15" font-weight="600"`),
    text(16, 42, "one trace, as the collector received it", `fill="#59636e"`)
  ]
  for (let i = 0; i <= 4; i++) {
    const at = left + i / 4 * width
    parts.push(`<line x1="${at}" x2="${at}" y1="${top}" y2="${top + rows.length * row}" stroke="#d1d9e0"/>`)
    parts.push(text(at, top - 8, `${(took / 4000 * i).toFixed(1)} ms`, `text-anchor="middle" fill="#59636e"`))
  }
  rows.forEach(({ depth, span }, i) => {
    const y = top + i * row
    const [from, to] = [x(began(span)), x(ended(span))]
    const client = span.kind === 3
    parts.push(text(16 + depth * 16, y + 17, span.name))
    parts.push(
      `<rect x="${from.toFixed(1)}" y="${y + 6}" width="${
        Math.max(2, to - from).toFixed(1)
      }" height="14" rx="3" fill="${client ? "#0969da" : "#aebbc9"}"/>`
    )
    const words = `${((ended(span) - began(span)) / 1000).toFixed(1)} ms`
    if (to + 8 + words.length * 7 < left + width + 90) parts.push(text(to + 6, y + 17, words, `fill="#59636e"`))
    for (const { timeUnixNano } of span.events.filter(({ name }) => name === "retry")) {
      const at = x(Number(BigInt(timeUnixNano) / 1000n))
      parts.push(`<circle cx="${at.toFixed(1)}" cy="${y + 13}" r="5" fill="#d1242f" stroke="#ffffff"/>`)
    }
  })
  const y = top + rows.length * row + 24
  parts.push(`<rect x="16" y="${y - 10}" width="14" height="12" rx="3" fill="#0969da"/>`, text(36, y, "calls to AWS"))
  parts.push(
    `<rect x="136" y="${y - 10}" width="14" height="12" rx="3" fill="#aebbc9"/>`,
    text(156, y, "the program's own spans")
  )
  parts.push(
    `<circle cx="326" cy="${y - 4}" r="5" fill="#d1242f"/>`,
    text(338, y, "event \"retry\" (ThrottlingException)")
  )
  return picture(960, y + 18, "A trace of a checkout", parts)
}

// ------------------------------------------------------------------------------------------------------------ the metrics

/** @type {ReadonlyArray<{ at: number, metrics: ReadonlyArray<Metric> }>} */
const exports = received.filter(({ path }) => path === "/v1/metrics").map(({ at, body }) => ({
  at,
  metrics: body.resourceMetrics.flatMap((/** @type {any} */ resource) =>
    resource.scopeMetrics.flatMap((/** @type {any} */ scope) => scope.metrics)
  )
}))
const since = exports[0]?.at ?? 0

/**
 * Points of some metrics by the label given, over time: `of` makes a number of the growth between two exports, a second or more apart.
 *
 * @param {ReadonlyArray<string>} names
 * @param {(point: Point) => string} label
 * @param {(grown: { count: number, sum: number, seconds: number }) => number} of
 * @returns {ReadonlyArray<Line>}
 */
const series = (names, label, of) => {
  /** @type {Map<string, Array<[number, number]>>} */
  const lines = new Map()
  const totals = exports.map(({ at, metrics }) => {
    /** @type {Map<string, { count: number, sum: number }>} */
    const found = new Map()
    for (const metric of metrics.filter(({ name }) => names.includes(name))) {
      for (const point of metric.sum?.dataPoints ?? metric.histogram?.dataPoints ?? []) {
        const total = found.get(label(point)) ?? { count: 0, sum: 0 }
        total.count += point.count ?? point.asDouble ?? 0
        total.sum += point.sum ?? 0
        found.set(label(point), total)
      }
    }
    return { at, found }
  })
  let last = totals[0]
  for (const now of totals.slice(1)) {
    if (last === undefined || now.at - last.at < 1000) continue
    for (const [name, { count, sum }] of now.found) {
      const before = last.found.get(name) ?? { count: 0, sum: 0 }
      const value = of({ count: count - before.count, sum: sum - before.sum, seconds: (now.at - last.at) / 1000 })
      const line = lines.get(name) ?? []
      line.push([(now.at - since) / 1000, value])
      lines.set(name, line)
    }
    last = now
  }
  return [...lines].sort(([a], [b]) => a < b ? -1 : 1).map(([name, values]) => ({ name, values }))
}

const labelOf = (/** @type {ReadonlyArray<string>} */ keys) => (/** @type {Point} */ point) =>
  point.attributes.filter(({ key }) => keys.includes(key)).map(({ value }) => value.stringValue ?? "")
    .map((value) => value.replace("armature-demo-", "")).join(" ")

const colors = ["#0969da", "#1a7f37", "#bc4c00", "#8250df", "#bf3989"]

/** @type {(x: number, y: number, title: string, from: string, lines: ReadonlyArray<Line>) => ReadonlyArray<string>} */
const panel = (x, y, title, from, lines) => {
  const [width, height] = [360, 120]
  const [left, top] = [x + 52, y + 54]
  const all = lines.flatMap(({ values }) => values)
  const most = Math.max(...all.map(([, value]) => value), 0.001) * 1.1
  const [first, end] = [Math.min(...all.map(([at]) => at)), Math.max(...all.map(([at]) => at))]
  const parts = [
    text(x + 12, y + 24, title, `font-size="14" font-weight="600"`),
    text(x + 12, y + 40, from, `fill="#59636e"`)
  ]
  for (let i = 0; i <= 2; i++) {
    const at = top + height - i / 2 * height
    parts.push(`<line x1="${left}" x2="${left + width}" y1="${at}" y2="${at}" stroke="#d1d9e0"/>`)
    parts.push(text(left - 6, at + 4, (most / 2 * i).toFixed(most < 10 ? 1 : 0), `text-anchor="end" fill="#59636e"`))
  }
  lines.forEach(({ name, values }, i) => {
    const color = colors[i % colors.length]
    // so that a line that lies on another hides it no more
    const dash = i === 2 ? ` stroke-dasharray="6 5"` : ""
    const points = values.map(([at, value]) =>
      `${(left + (at - first) / Math.max(0.001, end - first) * width).toFixed(1)},${
        (top + height - value / most * height).toFixed(1)
      }`
    ).join(" ")
    parts.push(`<polyline points="${points}" fill="none" stroke="${color}" stroke-width="2"${dash}/>`)
    parts.push(
      `<rect x="${left + i % 2 * 190}" y="${
        top + height + 12 + Math.floor(i / 2) * 18
      }" width="10" height="10" fill="${color}"/>`
    )
    parts.push(text(left + 16 + i % 2 * 190, top + height + 21 + Math.floor(i / 2) * 18, name))
  })
  return parts
}

const durations = ["db.client.operation.duration", "rpc.client.call.duration"]
const operation = ["db.operation.name", "rpc.method"]
const board = () =>
  picture(900, 500, "A board of metrics", [
    ...panel(
      8,
      4,
      "Calls a second",
      durations.join(", "),
      series(durations, labelOf(operation), (g) => g.count / g.seconds)
    ),
    ...panel(
      452,
      4,
      "Mean duration of a call, ms",
      "their sums by their counts",
      series(durations, labelOf(operation), (g) => g.count === 0 ? 0 : g.sum / g.count * 1000)
    ),
    ...panel(
      8,
      252,
      "Capacity units a second",
      "aws.dynamodb.consumed_capacity",
      series(["aws.dynamodb.consumed_capacity"], labelOf(["db.collection.name", "access"]), (g) => g.count / g.seconds)
    ),
    ...panel(
      452,
      252,
      "Throttles and failures a second",
      "aws.client.throttles, aws.client.failures",
      [
        ...series(["aws.client.throttles"], () => "throttled requests", (g) => g.count / g.seconds),
        ...series(["aws.client.failures"], labelOf(["error.type"]), (g) => g.count / g.seconds)
      ]
    )
  ])

const images = join(root, "docs", "images")
mkdirSync(images, { recursive: true })
writeFileSync(join(images, "trace.svg"), trace())
writeFileSync(join(images, "metrics.svg"), board())
console.log("docs/images/trace.svg and docs/images/metrics.svg are drawn")
