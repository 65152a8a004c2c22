/**
 * The API reference: `@effect/docgen` writes a page for each public module into `build/reference`, which git ignores. It fails when docgen
 * does, or when a public export is on no page.
 *
 * Docgen wants a declaration where it is exported. So it reads copies of the modules, in which what one exports from another module of its
 * package stands in its place. The code in docstrings is checked by `scripts/docs.mjs`.
 */
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { basename, dirname, join, relative } from "node:path"
import ts from "typescript"
import { folders, root } from "./setup.mjs"

const out = join(root, "build", "reference")
const stage = join(root, "build", "reference-stage")

const parse = (/** @type {string} */ file) =>
  ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.ESNext, true)

const isExported = (/** @type {ts.Node} */ node) =>
  ts.canHaveModifiers(node) &&
  (ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false)

/** @returns {ReadonlyArray<string>} */
const namesOf = (/** @type {ts.Statement} */ statement) => {
  if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.map(({ name }) => name.getText())
  return "name" in statement && statement.name !== undefined
    ? [/** @type {ts.Node} */ (statement.name).getText()]
    : []
}

const isInternal = (/** @type {ts.Node} */ node) =>
  ts.getJSDocTags(node).some(({ tagName }) => tagName.text === "internal")

/**
 * The text of a module with what it exports from its neighbours in place, and the names that it exports.
 *
 * @type {(file: string) => { text: string, names: ReadonlySet<string> }}
 */
const inlined = (file) => {
  const source = parse(file)
  /** @type {Set<string>} */
  const names = new Set()
  /** @type {Array<string>} */
  const texts = []
  for (const statement of source.statements) {
    if (
      ts.isExportDeclaration(statement) && statement.exportClause !== undefined &&
      ts.isNamedExports(statement.exportClause)
    ) {
      for (const { name } of statement.exportClause.elements) names.add(name.text)
      if (statement.moduleSpecifier !== undefined && ts.isStringLiteral(statement.moduleSpecifier)) {
        const from = parse(join(dirname(file), statement.moduleSpecifier.text.replace(/\.js$/, ".ts")))
        const wanted = statement.exportClause.elements.map(({ name, propertyName }) => (propertyName ?? name).text)
        const found = from.statements.filter((one) =>
          isExported(one) && namesOf(one).some((name) => wanted.includes(name))
        )
        for (const one of found) texts.push(one.getFullText())
        continue
      }
    } else if (isExported(statement) && !isInternal(statement)) {
      for (const name of namesOf(statement)) names.add(name)
    }
    texts.push(statement.getFullText())
  }
  return { text: texts.join(""), names }
}

rmSync(out, { recursive: true, force: true })
rmSync(stage, { recursive: true, force: true })
mkdirSync(out, { recursive: true })
const packages = folders().filter((folder) => folder.startsWith("packages/")).map((folder) => {
  const room = folder.slice("packages/".length)
  const to = join(stage, "src", room)
  const { description, name } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"))
  mkdirSync(to, { recursive: true })
  for (const part of ["node_modules", "src/internal"]) {
    symlinkSync(join(root, folder, part), join(to, basename(part)), "junction")
  }
  const modules = readdirSync(join(root, folder, "src"))
    .filter((file) => file.endsWith(".ts") && !/^(index|bin)\.ts$/.test(file))
    .map((file) => {
      const { names, text } = inlined(join(root, folder, "src", file))
      writeFileSync(join(to, file), text)
      return { name: file.slice(0, -".ts".length), names, page: `modules/${room}/${file}.md` }
    })
  return { name, description, modules }
})
writeFileSync(join(stage, "package.json"), JSON.stringify({ name: "armature", homepage: "", type: "module" }))
writeFileSync(
  join(stage, "docgen.json"),
  JSON.stringify({
    outDir: relative(stage, out),
    exclude: ["src/*/internal/**", "src/*/node_modules/**"],
    enforceVersion: false, // the module's comment has none; scripts/docs.mjs asks each export for its own
    parseCompilerOptions: {
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      skipLibCheck: true,
      target: "ES2022",
      lib: ["ES2023", "ESNext.Disposable"],
      module: "NodeNext",
      moduleResolution: "NodeNext",
      types: []
    }
  })
)

const docgen = spawnSync(process.execPath, [join(root, "node_modules", "@effect", "docgen", "bin.cjs")], {
  cwd: stage,
  encoding: "utf8",
  // Its command line cannot turn the examples off; its environment can.
  env: { ...process.env, DOCGEN_RUN_EXAMPLES: "false" }
})
rmSync(stage, { recursive: true, force: true })
if (docgen.status !== 0) {
  console.error(`${docgen.stdout}${docgen.stderr}${docgen.error?.message ?? ""}`)
  process.exit(1)
}
// What a Jekyll site would need.
for (const file of ["_config.yml", "index.md", "modules/index.md"]) rmSync(join(out, file), { force: true })

/** @type {Array<string>} */
const problems = []
for (const { name, names, page } of packages.flatMap(({ modules }) => modules)) {
  const text = existsSync(join(out, page)) ? readFileSync(join(out, page), "utf8") : ""
  const headings = new Set([...text.matchAll(/^## (\S+)/gm)].map((match) => match[1]?.replaceAll("\\", "")))
  if (text === "") problems.push(`${name} has no page`)
  for (const name of names) if (!headings.has(name)) problems.push(`${page} does not tell of ${name}`)
}
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exit(1)

const chapter = (/** @type {(typeof packages)[number]} */ { description, modules, name }) =>
  `## ${name}\n\n${description}\n\n${modules.map(({ name, page }) => `- [${name}](${page})`).join("\n")}\n`
writeFileSync(join(out, "README.md"), `# API reference\n\n${packages.map(chapter).join("\n")}`)
console.log(`${packages.flatMap(({ modules }) => modules).length} modules: build/reference/README.md`)
