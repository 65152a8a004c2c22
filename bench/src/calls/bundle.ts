/** Programs as a deployment has them: one file each, for Node, without what nobody calls. */
import { build } from "esbuild"
import { mkdirSync, statSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const here = dirname(fileURLToPath(import.meta.url))
const out = join(here, "../../build/calls")

export interface Bundle {
  readonly path: string
  readonly bytes: number
}

/** A file of this folder, by its path in it. */
export const bundle = async (file: string, options: { readonly minify: boolean }): Promise<Bundle> => {
  const path = join(out, `${file}.mjs`)
  mkdirSync(dirname(path), { recursive: true })
  await build({
    entryPoints: [join(here, `${file}.ts`)],
    outfile: path,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    mainFields: ["module", "main"],
    conditions: ["module", "import"],
    minify: options.minify,
    // some dependencies are CommonJS, and ask for node's modules when they run
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);"
    },
    logLevel: "error"
  })
  return { path, bytes: statSync(path).size }
}
