/**
 * Builds and packs each package that is published, and uses it as a stranger would: the tarballs are installed in an empty project, where
 * every public module must load under Node and typecheck, and no internal one can be reached.
 */
import { spawnSync } from "node:child_process"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { folders, pnpm, root } from "./setup.mjs"

const work = mkdtempSync(join(tmpdir(), "armature-pack-"))
process.on("exit", () => rmSync(work, { recursive: true, force: true }))
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1))

const manifestOf = (/** @type {string} */ folder) =>
  JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"))

/** Runs a program to its end; a failure prints what it said, and stops the script. */
const run = (/** @type {ReadonlyArray<string>} */ [program = "", ...args], cwd = root) => {
  const result = spawnSync(program, args, { cwd, encoding: "utf8" })
  if (result.status === 0) return result.stdout
  console.error(`${[program, ...args].join(" ")}\n${result.stdout}${result.stderr}${result.error?.message ?? ""}`)
  process.exit(1)
}

const bin = (/** @type {string} */ path, /** @type {ReadonlyArray<string>} */ args, cwd = root) =>
  run([process.execPath, join(root, "node_modules", path), ...args], cwd)

const packages = folders()
  .filter((folder) => folder.startsWith("packages/") && manifestOf(folder).private !== true)
  .map((folder) => {
    const manifest = manifestOf(folder)
    const names = (/** @type {string} */ path) =>
      existsSync(join(root, folder, path))
        ? readdirSync(join(root, folder, path)).filter((name) => name.endsWith(".ts")).map((name) => name.slice(0, -3))
        : []
    const modules = names("src").filter((name) => name !== "bin")
    return {
      folder,
      manifest,
      entrypoints: modules.map((name) => name === "index" ? "." : `./${name}`),
      hidden: [
        ...names("src/internal").map((name) => `./internal/${name}`),
        ...names("src").includes("bin") ? ["./bin"] : []
      ],
      tarball: ""
    }
  })

const { command } = pnpm()

bin("typescript/bin/tsc", ["-b", ...packages.map(({ folder }) => folder)])

/** The compiler leaves what it wrote for a module that is no more; nobody should be sent it. */
const prune = (/** @type {string} */ source, /** @type {string} */ built) => {
  for (const entry of readdirSync(built, { withFileTypes: true })) {
    const path = join(built, entry.name)
    if (entry.isDirectory()) {
      if (existsSync(join(source, entry.name))) prune(join(source, entry.name), path)
      else rmSync(path, { recursive: true })
    } else if (
      entry.name !== ".tsbuildinfo" && !existsSync(join(source, entry.name.replace(/(\.d\.ts|\.js)(\.map)?$/, ".ts")))
    ) {
      rmSync(path)
    }
  }
}

for (const each of packages) {
  prune(join(root, each.folder, "src"), join(root, each.folder, "dist"))
  for (const file of readdirSync(join(root, each.folder, "dist"), { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".d.ts")) continue
    // a type that nobody can import is `any` to whoever installs the package
    const hidden = /@armature\/\w+\/internal[^"]*/.exec(readFileSync(join(root, each.folder, "dist", file), "utf8"))
    if (hidden !== null) {
      console.error(`${each.manifest.name}: dist/${file} names ${hidden[0]}, which no package can reach`)
      process.exit(1)
    }
  }
  const packed = JSON.parse(run([...command, "pack", "--json", "--pack-destination", work], join(root, each.folder)))
  each.tarball = packed.filename
  const stray = packed.files.map((/** @type {{ path: string }} */ { path }) => path)
    .filter((/** @type {string} */ path) =>
      !/^(package\.json|LICENSE|README\.md|CHANGELOG\.md|(dist|src)\/.+\.(ts|js|map))$/.test(path)
    )
  if (stray.length > 0) {
    console.error(`${each.manifest.name} would publish ${stray.join(", ")}`)
    process.exit(1)
  }
  bin("publint/src/cli.js", ["run", each.tarball, "--strict"])
  bin("@arethetypeswrong/cli/dist/index.js", [
    each.tarball,
    "--profile",
    "esm-only",
    "--entrypoints",
    ...each.entrypoints
  ])
  console.log(`${each.manifest.name}: ${packed.files.length} files, ${each.entrypoints.length} public modules`)
}

const project = mkdtempSync(join(work, "project-"))
const write = (/** @type {string} */ name, /** @type {unknown} */ content) =>
  writeFileSync(join(project, name), typeof content === "string" ? content : JSON.stringify(content, undefined, 2))

const { devDependencies } = manifestOf(".")
const tarballs = Object.fromEntries(packages.map(({ manifest, tarball }) => [manifest.name, `file:${tarball}`]))
/** What a user adds: the peers, those too that only some modules need, at the versions of this repository. */
const peers = Object.fromEntries(
  packages.flatMap(({ manifest }) =>
    Object.keys(manifest.peerDependencies ?? {})
      .filter((name) => !name.startsWith("@armature/"))
      .map((name) => [name, manifest.devDependencies[name]])
  )
)
write("package.json", {
  private: true,
  type: "module",
  dependencies: { ...tarballs, ...peers, "@types/node": devDependencies["@types/node"] },
  // A package's own dependency on another is a version that is not published yet.
  pnpm: { overrides: tarballs }
})
write(".npmrc", "auto-install-peers=false\nstrict-peer-dependencies=true\n")
run([...command, "install", "--prefer-offline", "--ignore-scripts"], project)

const specifier = (/** @type {string} */ name, /** @type {string} */ entrypoint) => name + entrypoint.slice(1)
const open = packages.flatMap(({ entrypoints, manifest }) =>
  entrypoints.map((entry) => specifier(manifest.name, entry))
)
const closed = packages.flatMap(({ hidden, manifest }) => hidden.map((entry) => specifier(manifest.name, entry)))

write(
  "load.mjs",
  `
for (const name of ${JSON.stringify(open)}) await import(name)
for (const name of ${JSON.stringify(closed)}) {
  const code = await import(name).then(() => "it loads", (error) => error.code)
  if (code !== "ERR_PACKAGE_PATH_NOT_EXPORTED") throw new Error(name + " should be out of reach: " + code)
}
`
)
run([process.execPath, "load.mjs"], project)

write("types.ts", open.map((name, index) => `import * as m${index} from "${name}"\nvoid m${index}\n`).join(""))
write("tsconfig.json", {
  compilerOptions: {
    target: "ES2022",
    module: "NodeNext",
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    types: ["node"]
  },
  files: ["types.ts"]
})
bin("typescript/bin/tsc", ["-p", "."], project)

console.log(
  `${open.length} public modules load and typecheck from the tarballs, ${closed.length} internal ones are out of reach`
)
