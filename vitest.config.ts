import { defineConfig } from "vitest/config"
import { withoutAws } from "./scripts/env.mjs"
import projects from "./vitest.workspace.js"

// However vitest was started, no test sees the developer's AWS settings.
withoutAws(process.env)

// Vitest 3.2 would rather find the projects here than in a workspace file; the list stays where people look for it.
export default defineConfig({ test: { projects } })
