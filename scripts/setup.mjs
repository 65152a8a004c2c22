/**
 * Makes a fresh clone ready to run with nothing but Node: installs what the lock file says, with the pnpm that package.json names, and
 * remembers it, so that the second time costs nothing.
 */
import { spawnSync } from "node:child_process"
import { createHash } from "node:crypto"
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

export const root = fileURLToPath(new URL("..", import.meta.url))

const stampFile = join(root, "node_modules", ".armature-setup")

/** All that the set-up writes goes to standard error: standard output belongs to the program. @param {string} text */
export const say = (text) => {
  process.stderr.write(`armature: ${text}\n`)
}

/** @param {string} text @returns {never} */
const stop = (text) => {
  say(text)
  process.exit(1)
}

const checkNode = () => {
  const [major, minor] = process.versions.node.split(".").map(Number)
  if (major === undefined || minor === undefined || major < 20 || (major === 20 && minor < 19)) {
    stop(`this needs Node 20.19 or newer, and this is Node ${process.versions.node} (https://nodejs.org)`)
  }
}

/** The folders that hold a manifest: the root, and each package of the workspace. */
export const folders = () => {
  const under = (/** @type {string} */ folder) =>
    readdirSync(join(root, folder), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== "node_modules" && !entry.name.startsWith("."))
      .map((entry) => join(folder, entry.name))
  return [".", ...under("."), ...under("packages")]
    .filter((folder) => existsSync(join(root, folder, "package.json")))
    .sort()
}

/** What an installation depends on; another value means that something changed since. */
const fingerprint = () => {
  const hash = createHash("sha256")
  const manifests = folders().map((folder) => join(folder, "package.json"))
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml", ...manifests]) {
    hash.update(file).update("\0").update(readFileSync(join(root, file))).update("\0")
  }
  return hash.digest("hex")
}

const installed = () =>
  existsSync(stampFile) &&
  readFileSync(stampFile, "utf8") === fingerprint() &&
  folders().every((folder) => existsSync(join(root, folder, "node_modules")))

/** The command that runs the pnpm of `packageManager`: the one on the machine when it is that one, else through npx. */
export const pnpm = () => {
  const { packageManager } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
  const version = packageManager.slice("pnpm@".length)
  const found = run(["pnpm", "--version"])
  const here = found.status === 0 && found.stdout.trim() === version
  return { version, command: here ? ["pnpm"] : ["npx", "--yes", packageManager] }
}

/** @param {ReadonlyArray<string>} command */
const run = ([program = "", ...args]) =>
  spawnSync(program, args, {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    shell: process.platform === "win32",
    env: { ...process.env, COREPACK_ENABLE_DOWNLOAD_PROMPT: "0" }
  })

/** Installs when something changed since the last time, and exits with a message when it cannot. */
export const setup = () => {
  checkNode()
  if (installed()) return
  const { command, version } = pnpm()
  say(`installing what the lock file lists, with pnpm ${version} (only when it changed)`)
  rmSync(stampFile, { force: true })
  const result = run([
    ...command,
    "install",
    "--frozen-lockfile",
    "--prefer-offline",
    "--config.confirm-modules-purge=false"
  ])
  if (result.status !== 0) {
    process.stderr.write(`${result.stdout ?? ""}${result.stderr ?? ""}${result.error?.message ?? ""}\n`)
    stop("the installation failed, see above")
  }
  writeFileSync(stampFile, fingerprint())
}
