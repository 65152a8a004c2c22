/**
 * Which room may import from which, no circles, and which modules load an AWS SDK. Reads the imports of every TypeScript file.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import ts from "typescript"
import { folders, root } from "./setup.mjs"

/**
 * The plan of the house: the packages of this repository that each package may import. Imports go down only. A test keeps to the plan
 * of its package, so that no development dependency closes a circle. What is not listed here is a program, not a package that is
 * published: it may import any package, and none may import it.
 *
 * @type {Record<string, ReadonlyArray<string>>}
 */
const doors = {
  aws: [],
  dynamodb: ["aws"],
  kms: ["aws"],
  s3: ["aws"],
  model: ["aws", "dynamodb", "kms", "s3"],
  local: ["aws", "dynamodb", "kms", "s3"],
  armature: ["aws", "dynamodb", "kms", "s3", "model", "local"]
}

/** Tests of the model that run on the local services live beside those. */
const testDoors = { local: ["model"] }

/**
 * The public modules that load an AWS SDK when they are imported. All others (tags, types, failures, pure code) must not, so that they
 * cost nothing to import. Indexes and programs load what they load.
 *
 * @type {Record<string, ReadonlyArray<string>>}
 */
const loadsSdk = {
  aws: ["SdkTransport"],
  dynamodb: ["Document", "DynamoDB", "DynamoDBKeyValueStore", "DynamoDBPersistence", "DynamoDBRateLimiterStore"],
  kms: ["Kms"],
  s3: ["S3", "S3File", "S3KeyValueStore", "S3Upload"],
  model: [
    "Batch",
    "Collection",
    "Entity",
    "Evolution",
    "Hooks",
    "Loader",
    "Migration",
    "Repository",
    "Table",
    "Transact"
  ],
  local: ["Endpoint", "Local", "LocalDynamoDB", "LocalKms", "LocalS3"],
  armature: ["Armature", "Aws"]
}

const sdk = /^@(aws-sdk|smithy|aws-crypto)\//

/** @type {Array<string>} */
const problems = []

/** @typedef {{ file: string, to: string, line: number, run: boolean, lazy: boolean }} Import */

/** The imports of one file: `run` when it is there at run time, `lazy` when only a call loads it. @returns {ReadonlyArray<Import>} */
const importsOf = (/** @type {string} */ file) => {
  const source = ts.createSourceFile(file, readFileSync(join(root, file), "utf8"), ts.ScriptTarget.ESNext, true)
  /** @type {Array<Import>} */
  const found = []
  const add = (/** @type {ts.Node} */ node, /** @type {boolean} */ run, lazy = false) => {
    if (!ts.isStringLiteralLike(node)) return
    const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1
    found.push({ file, to: node.text, line, run, lazy })
  }
  const visit = (/** @type {ts.Node} */ node) => {
    // With verbatimModuleSyntax exactly these disappear from the output.
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, node.importClause?.isTypeOnly !== true)
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier) add(node.moduleSpecifier, !node.isTypeOnly)
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, false)
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword && node.arguments[0]) {
      add(node.arguments[0], true, true)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

const skipped = new Set(["node_modules", "dist", "build", "coverage"])

/** @type {(folder: string) => ReadonlyArray<string>} */
const sourcesUnder = (folder) =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return skipped.has(entry.name) ? [] : sourcesUnder(path)
    return /\.m?ts$/.test(entry.name) ? [path] : []
  })

const roomOf = (/** @type {string} */ file) => {
  const [first = "", second = ""] = file.split("/")
  return first === "packages" ? second : first
}

const at = (/** @type {Import} */ { file, line }) => `${file}:${line}`

/** The file in this repository that an import names, or undefined when it is somebody else's. @param {Import} from */
const target = ({ file, to }) => {
  const own = /^@armature\/([^/]+)(?:\/(.*))?$/.exec(to)
  if (own !== null) return join("packages", own[1] ?? "", "src", `${own[2] ?? "index"}.ts`)
  if (!to.startsWith(".")) return undefined
  return relative(root, join(root, dirname(file), to)).replace(/\.js$/, ".ts").replace(/\.mjs$/, ".mts")
}

const files = folders().filter((folder) => folder !== ".").flatMap(sourcesUnder)
const graph = new Map(files.map((file) => [file, importsOf(file)]))

// 1. Doors.
for (const edge of [...graph.values()].flat()) {
  const file = target(edge)
  if (file === undefined) continue
  const from = roomOf(edge.file)
  const to = roomOf(file)
  if (to !== from && edge.to.startsWith(".")) {
    problems.push(`${at(edge)} reaches into ${to} by path: import its package`)
  }
  if (edge.to.startsWith("@armature/") && edge.to.includes("/internal/")) {
    problems.push(`${at(edge)} imports ${edge.to}: a package's internals are its own`)
  }
  if (to === from) continue
  const allowed = doors[from] ?? Object.keys(doors)
  const inTest = edge.file.startsWith(`packages/${from}/test/`)
  if (
    !allowed.includes(to) &&
    !(inTest && /** @type {Record<string, ReadonlyArray<string>>} */ (testDoors)[from]?.includes(to))
  ) {
    problems.push(`${at(edge)} imports ${edge.to}: ${from} may import ${allowed.join(", ") || "no other package"}`)
  }
}
for (const folder of folders()) {
  const room = roomOf(folder)
  const manifest = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"))
  if (folder.startsWith("packages/")) {
    if (doors[room] === undefined) problems.push(`${folder} is not in the plan of scripts/doors.mjs`)
    const allowed = [
      ...doors[room] ?? [],
      .../** @type {Record<string, ReadonlyArray<string>>} */ (testDoors)[room] ?? []
    ]
    const listed = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.peerDependencies }
    for (const name of Object.keys(listed)) {
      if (name.startsWith("@armature/") && !allowed.includes(name.slice("@armature/".length))) {
        problems.push(`${folder}/package.json depends on ${name}, against the plan`)
      }
    }
  }
}

// 2. No circles: two modules that need each other are one module, or have a third in common. Types count too, but for one case: an
// internal module may name the types of the public one that it stands behind.
const behind = (/** @type {Import} */ { file, run }, /** @type {string} */ to) =>
  !run && file.includes("/src/internal/") && /^packages\/[^/]+\/src\/\w+\.ts$/.test(to)
/** @type {Map<string, "open" | "done">} */
const seen = new Map()
const walk = (/** @type {string} */ file, /** @type {ReadonlyArray<string>} */ path) => {
  if (seen.get(file) === "done") return
  if (seen.get(file) === "open") {
    problems.push(`a circle: ${[...path.slice(path.indexOf(file)), file].join(" -> ")}`)
    return
  }
  seen.set(file, "open")
  for (const edge of graph.get(file) ?? []) {
    const next = target(edge)
    if (next !== undefined && graph.has(next) && !behind(edge, next)) walk(next, [...path, file])
  }
  seen.set(file, "done")
}
for (const file of files) walk(file, [])

// 3. Who loads an AWS SDK.
/**
 * The way from a module to somebody else's at run time, or undefined.
 *
 * @type {(is: (name: string) => boolean) => (file: string) => ReadonlyArray<string> | undefined}
 */
const waysTo = (is) => {
  /** @type {Map<string, ReadonlyArray<string> | undefined>} */
  const ways = new Map()
  /** @type {(file: string) => ReadonlyArray<string> | undefined} */
  const wayFrom = (file) => {
    if (ways.has(file)) return ways.get(file)
    ways.set(file, undefined)
    for (const edge of graph.get(file) ?? []) {
      if (!edge.run || edge.lazy) continue
      const next = target(edge)
      const way = next === undefined ? (is(edge.to) ? [edge.to] : undefined) : wayFrom(next)
      if (way !== undefined) {
        ways.set(file, [file, ...way])
        break
      }
    }
    return ways.get(file)
  }
  return wayFrom
}
const wayToSdk = waysTo((name) => sdk.test(name))
for (const file of files) {
  const [, room = "", name = ""] = /^packages\/([^/]+)\/src\/(\w+)\.ts$/.exec(file) ?? []
  if (name === "" || name === "index" || name === "bin" || loadsSdk[room]?.includes(name)) continue
  const way = wayToSdk(file)
  if (way !== undefined) {
    problems.push(`${file} loads an SDK, and is not in the list of those that may: ${way.join(" -> ")}`)
  }
}

// 4. What only some users have to install is loaded by none of the indexes.
for (const folder of folders().filter((folder) => folder.startsWith("packages/"))) {
  const { peerDependenciesMeta = {} } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"))
  for (const peer of Object.keys(peerDependenciesMeta)) {
    const way = waysTo((name) => name === peer || name.startsWith(`${peer}/`))(join(folder, "src/index.ts"))
    if (way !== undefined) problems.push(`an index loads an optional peer: ${way.join(" -> ")}`)
  }
}

// 5. Nothing is left out of the type check.
const references = readFileSync(join(root, "tsconfig.json"), "utf8")
for (const folder of folders()) {
  for (const config of ["tsconfig.json", "tsconfig.test.json"]) {
    const path = config === "tsconfig.json" ? folder : `${folder}/${config}`
    if (folder !== "." && existsSync(join(root, folder, config)) && !references.includes(`"path": "${path}"`)) {
      problems.push(`tsconfig.json does not reference ${path}`)
    }
  }
  if (folder !== "." && !existsSync(join(root, folder, "tsconfig.json"))) {
    problems.push(`${folder} has no tsconfig.json`)
  }
}

for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exit(1)
console.log(`${files.length} files keep to the plan`)
