/** What was measured, as a table and as a picture. Pure. */
import type { Figure } from "./figures.js"
import { type Column, columns, titles } from "./work.js"

const unique = <A>(values: ReadonlyArray<A>): ReadonlyArray<A> => [...new Set(values)]

const number = (value: number): string => value >= 100 ? value.toFixed(0) : value.toPrecision(3)

/** A table in Markdown for each number of requests in flight: microseconds of CPU, and how much of the reference's that is. */
export const table = (figures: ReadonlyArray<Figure>, reference: string): string =>
  unique(figures.map(({ inFlight }) => inFlight)).map((inFlight) => {
    const here = figures.filter((figure) => figure.inFlight === inFlight)
    const shown = columns.filter((column) => here.some((figure) => figure.column === column))
    const find = (contestant: string, column: Column) =>
      here.find((figure) => figure.contestant === contestant && figure.column === column)
    const rows = unique(here.map(({ contestant }) => contestant)).map((contestant) => {
      const cells = shown.map((column) => {
        const figure = find(contestant, column)
        if (figure === undefined) return ""
        const share = figure.share === undefined ? "" : ` (${figure.share.toFixed(2)})`
        return `${number(figure.cpu)} ±${number((figure.high - figure.low) / 2)}${share}`
      })
      return `| ${contestant} | ${cells.join(" | ")} |`
    })
    return [
      `CPU of the client, microseconds a call (${inFlight} in flight); in brackets the share of ${reference}:`,
      "",
      `| | ${shown.map((column) => titles[column]).join(" | ")} |`,
      `|---|${shown.map(() => "---:|").join("")}`,
      ...rows
    ].join("\n")
  }).join("\n\n")

const escape = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;")

/** Bars for one column. */
export const picture = (figures: ReadonlyArray<Figure>, column: Column, inFlight: number, note: string): string => {
  const bars = figures.filter((figure) => figure.column === column && figure.inFlight === inFlight)
  const longest = Math.max(...bars.map(({ cpu }) => cpu))
  const [left, width, line] = [230, 430, 26]
  const height = 58 + bars.length * line
  const text = (x: number, y: number, size: number, content: string, anchor = "start") =>
    `<text x="${x}" y="${y}" font-size="${size}" text-anchor="${anchor}">${escape(content)}</text>`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 ${height}" width="760" height="${height}" role="img" font-family="system-ui, sans-serif" fill="#57606a">`,
    text(12, 22, 15, `${titles[column]}: CPU of the client, microseconds a call (${inFlight} in flight)`),
    ...bars.flatMap(({ contestant, cpu }, i) => {
      const y = 36 + i * line
      const own = contestant.startsWith("Armature")
      const length = Math.max(1, (cpu / longest) * width)
      return [
        text(left - 8, y + 15, 13, contestant, "end"),
        `<rect x="${left}" y="${y + 2}" width="${length.toFixed(1)}" height="18" rx="2" fill="${
          own ? "#0969da" : "#afb8c1"
        }"/>`,
        text(left + length + 6, y + 15, 12, number(cpu))
      ]
    }),
    text(12, height - 8, 11, note),
    "</svg>",
    ""
  ].join("\n")
}
