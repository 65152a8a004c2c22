/** Programs as a deployment has them: bundled for Node, without what nobody calls, as one file or in parts. */
import { build } from "esbuild"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const here = dirname(fileURLToPath(import.meta.url))
const out = join(here, "../../build/calls")

export interface Bundle {
  readonly path: string
  /** Of all that is loaded before anything is asked for later. */
  readonly bytes: number
}

interface Options {
  readonly minify: boolean
  /** What is loaded later is in files of its own. */
  readonly split?: boolean
}

/** A file of this folder, by its path in it. */
export const bundle = async (file: string, { minify, split = false }: Options): Promise<Bundle> => {
  const { metafile } = await build({
    entryPoints: [{ in: join(here, `${file}.ts`), out: split ? `${file}.split/index` : file }],
    outdir: out,
    outExtension: { ".js": ".mjs" },
    chunkNames: `${file}.split/[name]-[hash]`,
    bundle: true,
    splitting: split,
    platform: "node",
    target: "node20",
    format: "esm",
    mainFields: ["module", "main"],
    conditions: ["module", "import"],
    minify,
    metafile: true,
    // some dependencies are CommonJS, and ask for node's modules when they run
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);"
    },
    logLevel: "error"
  })
  const loaded = new Map<string, number>()
  const load = (path: string): void => {
    const output = metafile.outputs[path]
    if (output === undefined || loaded.has(path)) return
    loaded.set(path, output.bytes)
    for (const { kind, path } of output.imports) if (kind === "import-statement") load(path)
  }
  for (const [path, { entryPoint }] of Object.entries(metafile.outputs)) {
    if (entryPoint?.endsWith(`${file}.ts`) === true) load(path)
  }
  return {
    path: join(out, split ? `${file}.split/index.mjs` : `${file}.mjs`),
    bytes: [...loaded.values()].reduce((sum, bytes) => sum + bytes, 0)
  }
}
