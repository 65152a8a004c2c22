/** The packages whose tests `vitest` runs, each by its own `vitest.config.ts`. */
export default ["packages/*", "examples"]
