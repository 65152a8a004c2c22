/** A tracer and a logger that keep what they are told. */
import * as Cause from "effect/Cause"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Tracer from "effect/Tracer"
import * as util from "node:util"

interface Seen {
  readonly name: string
  readonly kind: Tracer.SpanKind
  readonly attributes: Record<string, unknown>
  readonly events: Array<{ readonly name: string; readonly attributes: Record<string, unknown> }>
  ended: boolean
}

/** A tracer that keeps the client spans. */
export const tracing = () => {
  const spans: Array<Seen> = []
  const tracer = Tracer.make({
    span: (name, parent, context, links, _startTime, kind) => {
      const seen: Seen = { name, kind, attributes: {}, events: [], ended: false }
      if (kind === "client") spans.push(seen)
      return {
        _tag: "Span",
        name,
        spanId: "s",
        traceId: "t",
        parent,
        context,
        links,
        kind,
        sampled: true,
        status: { _tag: "Started", startTime: 0n },
        attributes: new Map(),
        attribute: (key, value) => {
          seen.attributes[key] = value
        },
        event: (name, _time, attributes) => {
          seen.events.push({ name, attributes: { ...attributes } })
        },
        addLinks: () => {},
        end: () => {
          seen.ended = true
        }
      }
    },
    context: (f) => f()
  })
  return { spans, tracer: Layer.setTracer(tracer) }
}

/** A logger that keeps every line as it would be printed. */
export const logging = () => {
  const lines: Array<string> = []
  const logger = Logger.make(({ annotations, cause, logLevel, message }) => {
    lines.push(
      `${logLevel.label} ${util.inspect(message, { depth: Infinity })} ${util.inspect(annotations)} ${
        Cause.pretty(cause)
      }`
    )
  })
  return {
    lines,
    logger: Layer.merge(Logger.replace(Logger.defaultLogger, logger), Logger.minimumLogLevel(LogLevel.All))
  }
}
