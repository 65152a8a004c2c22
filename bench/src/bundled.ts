/**
 * Runs a file of this folder as a package is run that is built: what a development runner adds to the code of the workspace is not
 * measured.
 *
 *     npx tsx bench/src/bundled.ts local [options]
 */
import { build } from "esbuild"
import { spawnSync } from "node:child_process"
import { createRequire, isBuiltin } from "node:module"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const [name = "", ...args] = process.argv.slice(2)
const here = dirname(fileURLToPath(import.meta.url))

/** Whether this folder has the package, and not only one of the workspace. */
const isOurs = (path: string): boolean => {
  if (isBuiltin(path)) return true
  try {
    import.meta.resolve(path)
    return true
  } catch {
    return false
  }
}
const outfile = join(here, "../build", `${name}.mjs`)
await build({
  entryPoints: [join(here, `${name}.ts`)],
  outfile,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  logLevel: "error",
  plugins: [{
    name: "only the workspace",
    setup: ({ onResolve }) =>
      onResolve(
        { filter: /^[^./]/ },
        ({ kind, path, resolveDir }) =>
          kind === "entry-point" || path.startsWith("@armature/")
            ? undefined
            : { path: isOurs(path) ? path : createRequire(join(resolveDir, "_")).resolve(path), external: true }
      )
  }]
})
process.exit(spawnSync(process.execPath, [outfile, ...args], { stdio: "inherit" }).status ?? 1)
