/**
 * The words are checked like the code: each public export has its docstring; each TypeScript block of the guides and of the docstrings
 * compiles as it stands, as a module of its own, or, where its fence names a file (```ts examples/name.ts), is a part of that file, which
 * is compiled and run by itself; `docs/failures.md` has an entry for each failure that there is; and each link leads somewhere.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join, relative } from "node:path"
import ts from "typescript"
import { folders, root } from "./setup.mjs"

/** @type {Array<string>} */
const problems = []

/** @typedef {{ file: string, line: number, code: string, from: string }} Block `line` counts from 0. */

const lineOf = (/** @type {string} */ text, /** @type {number} */ offset) =>
  text.slice(0, offset).split("\n").length - 1

/** The blocks fenced as `ts` in a text. @returns {ReadonlyArray<Block>} */
const blocksOf = (/** @type {string} */ file, /** @type {string} */ text, firstLine = 0) =>
  [...text.matchAll(/^( *)```(?:ts|typescript)\b *(.*)\n([^]*?)^\1```/gm)].map((match) => ({
    file,
    line: firstLine + lineOf(text, match.index) + 1,
    code: match[3] ?? "",
    from: match[2] ?? ""
  }))

const namesIn = (/** @type {string} */ folder, /** @type {string} */ ending) =>
  existsSync(join(root, folder))
    ? readdirSync(join(root, folder)).filter((name) => name.endsWith(ending)).sort().map((name) => join(folder, name))
    : []

const packages = folders().filter((folder) => folder.startsWith("packages/"))
const guides = [".", "docs", ...packages].flatMap((folder) => namesIn(folder, ".md")).filter((file) =>
  !file.endsWith("CHANGELOG.md")
)
const modules = packages.flatMap((folder) => namesIn(join(folder, "src"), ".ts")).filter((file) =>
  !/\/(index|bin)\.ts$/.test(file)
)

const all = guides.flatMap((file) => blocksOf(file, readFileSync(join(root, file), "utf8")))
const blocks = all.filter(({ from }) => from === "")
const guidesOwn = blocks.length

/** The tags of the failures that the public modules export, with where they stand. @type {Map<string, string>} */
const tags = new Map()

// 1. Docstrings.
let documented = 0
for (const file of modules) {
  const text = readFileSync(join(root, file), "utf8")
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true)
  if (!/^(#!.*\n)?\/\*\*/.test(text)) problems.push(`${file}:1 does not begin with what the module is for`)

  for (const comment of text.matchAll(/\/\*\*[^]*?\*\//g)) {
    const examples = blocksOf(file, comment[0].replace(/^ *\* ?/gm, ""), lineOf(text, comment.index))
    for (const example of examples) blocks.push(example)
  }

  /** A docstring stands on the first of the declarations that share a name. @type {Set<string>} */
  const named = new Set()
  for (const statement of source.statements) {
    const exported = ts.canHaveModifiers(statement) &&
      ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
    if (exported !== true) continue
    const declaration = ts.isVariableStatement(statement) ? statement.declarationList.declarations[0] : statement
    const name = declaration !== undefined && "name" in declaration && declaration.name !== undefined
      ? /** @type {ts.Node} */ (declaration.name).getText(source)
      : "default"
    if (named.has(name)) continue
    named.add(name)
    const where = `${file}:${lineOf(text, statement.getStart(source)) + 1} ${name}`
    if (ts.isClassDeclaration(statement)) {
      const tag = /\b(?:tagged|TaggedError)\("(\w+)"\)/.exec(
        statement.heritageClauses?.map((one) => one.getText(source)).join() ?? ""
      )
      if (tag?.[1] !== undefined) tags.set(tag[1], where)
    }
    const doc = ts.getJSDocCommentsAndTags(statement).filter(ts.isJSDoc).at(-1)
    if (doc?.tags?.some((tag) => tag.tagName.text === "internal")) continue
    documented += 1
    const said = new Map(doc?.tags?.map((tag) => [tag.tagName.text, ts.getTextOfJSDocComment(tag.comment) ?? ""]))
    if (doc === undefined || (ts.getTextOfJSDocComment(doc.comment) ?? "").trim() === "") {
      problems.push(`${where} has no docstring`)
      continue
    }
    if (!/^\d+\.\d+\.\d+$/.test(said.get("since") ?? "")) problems.push(`${where} has no @since`)
    if (!/^[a-z]+(?: [a-z]+)*$/.test(said.get("category") ?? "")) {
      problems.push(`${where} needs one @category, in lowercase`)
    }
  }
}

// 2. Failures: an entry is a heading, or a row of a table, that begins with the tag.
const failures = join("docs", "failures.md")
const entries = new Set(
  [...readFileSync(join(root, failures), "utf8").matchAll(/^(?:#+|\|) `([A-Z]\w+)`/gm)].map((match) => match[1] ?? "")
)
for (const [tag, where] of tags) if (!entries.has(tag)) problems.push(`${where}: ${failures} does not tell of ${tag}`)
for (const tag of entries) if (!tags.has(tag)) problems.push(`${failures} tells of ${tag}, which there is not`)

// 3. Parts of files.
const isPartOf = (/** @type {string} */ code, /** @type {string} */ whole) => {
  const part = code.trimEnd().split("\n")
  const lines = whole.split("\n")
  return lines.some((line, start) => {
    const indent = line.slice(0, line.length - line.trimStart().length)
    return part.every((text, i) => lines[start + i] === (text === "" ? "" : indent + text))
  })
}
for (const { code, file, from, line } of all) {
  if (from === "") continue
  if (!existsSync(join(root, from))) problems.push(`${file}:${line} shows ${from}, which is no file`)
  else if (!isPartOf(code, readFileSync(join(root, from), "utf8"))) {
    problems.push(`${file}:${line} is not a part of ${from}`)
  }
}

// 4. Links: to files that there are, and to headings as GitHub names them.
const prose = (/** @type {string} */ file) => readFileSync(join(root, file), "utf8").replace(/```[^]*?```/g, "")
const anchors = (/** @type {string} */ file) =>
  new Set(
    [...prose(file).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
      heading.toLowerCase().replace(/[^\p{L}\p{N} _-]/gu, "").trim().replaceAll(" ", "-")
    )
  )
let links = 0
for (const file of guides) {
  for (const [, link = ""] of prose(file).matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^https?:/.test(link)) continue
    links += 1
    const [path = "", anchor] = link.split("#")
    const to = path === "" ? file : join(dirname(file), path)
    if (!existsSync(join(root, to))) problems.push(`${file} links to ${link}, which there is not`)
    else if (anchor !== undefined && !anchors(to).has(anchor)) {
      problems.push(`${file} links to ${link}: no such heading`)
    }
  }
}

// 5. Code blocks, each as a file of `examples`, where every public module of this repository can be imported as a user imports it.
const pathOf = (/** @type {number} */ index) => join(root, "examples", `__block${index}.ts`)
const contents = new Map(blocks.map(({ code }, index) => [pathOf(index), code]))
const { config } = ts.readConfigFile(join(root, "tsconfig.base.json"), ts.sys.readFile)
const { options } = ts.convertCompilerOptionsFromJson(
  {
    ...config.compilerOptions,
    noEmit: true,
    composite: false,
    incremental: false,
    declaration: false,
    declarationMap: false,
    noUnusedLocals: false,
    noUnusedParameters: false,
    paths: Object.fromEntries(
      packages.flatMap((folder) => {
        const { name } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"))
        return [[name, [`./${folder}/src/index.ts`]], [`${name}/*`, [`./${folder}/src/*.ts`]]]
      })
    )
  },
  root
)
const host = ts.createCompilerHost(options, true)
/** @type {ts.CompilerHost} */
const virtual = {
  ...host,
  fileExists: (path) => contents.has(path) || host.fileExists(path),
  readFile: (path) => contents.get(path) ?? host.readFile(path),
  getSourceFile: (path, target, ...rest) => {
    const code = contents.get(path)
    return code === undefined
      ? host.getSourceFile(path, target, ...rest)
      : ts.createSourceFile(path, code, target, true)
  }
}
const program = ts.createProgram([...contents.keys()], options, virtual)
blocks.forEach((block, index) => {
  const source = program.getSourceFile(pathOf(index))
  if (source === undefined) return
  for (
    const { messageText, start } of [
      ...program.getSyntacticDiagnostics(source),
      ...program.getSemanticDiagnostics(source)
    ]
  ) {
    const line = block.line + lineOf(block.code, start ?? 0) + 1
    problems.push(
      `${relative(root, join(root, block.file))}:${line} ${ts.flattenDiagnosticMessageText(messageText, "\n")}`
    )
  }
})

for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exit(1)
console.log(
  `${documented} public exports have docstrings, ${tags.size} failures have their entry, ${blocks.length} code blocks compile and ${
    all.length - guidesOwn
  } are parts of files, ${links} links lead somewhere (${guides.length} guides)`
)
