/**
 * What entities cost the compiler, and that their types hide nothing: 10 entities of 60 attributes, each with a put, a get, an update and a
 * query, may take so many instantiations beyond the same Schema classes alone, and no type that an editor shows of them says `any`.
 */
import { join } from "node:path"
import ts from "typescript"
import { root } from "./setup.mjs"

const limit = 200_000
const entities = 10
const attributes = 60

const kinds = [
  "Schema.String",
  "Schema.Number",
  "Schema.BigIntFromSelf",
  "Schema.ReadonlySetFromSelf(Schema.String)",
  "Schema.Array(Schema.Struct({ sku: Schema.String, qty: Schema.Number }))",
  "Schema.Struct({ zip: Schema.String, geo: Schema.Struct({ lat: Schema.Number }) })",
  "Schema.optionalWith(Schema.String, { exact: true })",
  "Schema.DateTimeUtc",
  "Schema.Literal(\"a\", \"b\", \"c\")",
  "Schema.NullOr(Schema.Boolean)",
  "Attribute.encrypted(Schema.String)",
  "Schema.Record({ key: Schema.String, value: Schema.Number })"
]

const head = `import * as Attribute from "@armature/model/Attribute"
import * as Entity from "@armature/model/Entity"
import { key } from "@armature/model/Key"
import * as Table from "@armature/model/Table"
import * as Schema from "effect/Schema"
const App = Table.make("app", { key: ["pk", "sk"], indexes: { gsi1: ["g1pk", "g1sk"] } })
`

const schemaOf = (/** @type {number} */ n) => {
  const rest = Array.from({ length: attributes - 3 }, (_, i) => `  a${i}: ${kinds[i % kinds.length] ?? ""}`)
  const all = ["  tenant: Schema.String", "  id: Schema.String", "  status: Schema.String", ...rest]
  return `class E${n} extends Schema.Class<E${n}>("E${n}")({\n${
    all.join(",\n")
  }\n}) {}\nexport declare const e${n}: E${n}\n`
}

const operationsOf = (/** @type {number} */ n) => `
export const entity${n} = Entity.make(App, E${n}, {
  primary: { pk: key\`T#\${"tenant"}\`, sk: key\`\${"id"}\` },
  byStatus: { index: "gsi1", pk: key\`\${"tenant"}#\${"status"}\`, sk: key\`\${"id"}\` }
})
export const put${n} = entity${n}.put(e${n}, { if: (p) => p.a0.eq("x").and(p.a1.gt(3)) })
export const get${n} = entity${n}.get({ tenant: "t", id: "1" })
export const update${n} = entity${n}.update(
  { tenant: "t", id: "1" },
  (p) => [p.a1.add(1), p.a5.geo.lat.set(3), p.a10.set("secret"), p.status.set("x")],
  { if: (p) => p.a8.eq("a"), return: "ALL_NEW" }
)
export const query${n} = entity${n}.query("byStatus", { tenant: "t", status: "x" }, { filter: (p) => p.a4.at(0).qty.gt(1) })
`

// the file stands where the package's own type tests do, and nowhere on disk
const file = join(root, "packages/model/dtslint/instantiations.ts")
const config = ts.readConfigFile(join(root, "packages/model/dtslint/tsconfig.json"), (path) => ts.sys.readFile(path))
const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, join(root, "packages/model/dtslint"))
const host = ts.createCompilerHost(options)
/** @type {Map<string, ts.SourceFile | undefined>} */
const sources = new Map()
const { fileExists, getSourceFile } = host
let text = ""
host.fileExists = (/** @type {string} */ name) => name === file || fileExists(name)
host.getSourceFile = (/** @type {string} */ name, /** @type {ts.ScriptTarget} */ version) => {
  if (name === file) return ts.createSourceFile(name, text, version, true)
  if (!sources.has(name)) sources.set(name, getSourceFile(name, version))
  return sources.get(name)
}

const check = (/** @type {string} */ body) => {
  text = head + body
  const program = ts.createProgram({ rootNames: [file], options, host })
  const source = program.getSourceFile(file)
  for (const { messageText } of program.getSemanticDiagnostics(source)) {
    console.error(ts.flattenDiagnosticMessageText(messageText, "\n"))
    process.exitCode = 1
  }
  return { program, source, instantiations: program.getInstantiationCount() }
}

const numbers = Array.from({ length: entities }, (_, n) => n)
const alone = check(numbers.map(schemaOf).join(""))
const whole = check(numbers.map((n) => schemaOf(n) + operationsOf(n)).join(""))
const beyond = whole.instantiations - alone.instantiations
console.log(
  `${entities} entities of ${attributes} attributes: ${beyond} instantiations beyond the ${alone.instantiations} of their classes`
)
if (beyond > limit) {
  console.error(`more than ${limit}`)
  process.exitCode = 1
}

// what an editor shows of the entity's members, and of what its operations give
const checker = whole.program.getTypeChecker()
const module = whole.source && checker.getSymbolAtLocation(whole.source)
let types = 0
const look = (/** @type {string} */ name, /** @type {ts.Symbol} */ symbol) => {
  const type = checker.getTypeOfSymbol(symbol)
  types++
  if (/\bany\b/.test(checker.typeToString(type, undefined, ts.TypeFormatFlags.NoTruncation))) {
    console.error(`any in the type of ${name}`)
    process.exitCode = 1
  }
  return type
}
for (const symbol of module === undefined ? [] : checker.getExportsOfModule(module)) {
  if (!symbol.name.endsWith("0") || symbol.name === "e0") continue
  // the members that an Effect or a Stream has by itself are not the model's
  const own = checker.getPropertiesOfType(look(symbol.name, symbol)).filter((member) =>
    member.declarations?.some((declaration) => declaration.getSourceFile().fileName.includes("/packages/model/src/"))
  )
  for (const member of own) look(`${symbol.name}.${member.name}`, member)
}
console.log(`${types} types without any`)
if (types < 20) {
  console.error("not all types were looked at")
  process.exitCode = 1
}
