import effect from "@effect/eslint-plugin"
import { defineConfig } from "eslint/config"
import tseslint from "typescript-eslint"

const submodules = "Import the submodule (`import * as Effect from \"effect/Effect\"`): smaller bundles, faster starts."

// Library code is given its clock and its randomness, so that a test can hold them still.
const impure = [
  ["Date", "now", "effect/Clock"],
  ["Math", "random", "effect/Random"],
  ["performance", "now", "effect/Clock"],
  ["crypto", "randomUUID", "a service that a test can replace"]
].map(([object, property, instead]) => ({ object, property, message: `Take it from ${instead}.` }))

export default defineConfig(
  {
    ignores: ["**/node_modules/", "**/dist/", "**/build/", "**/coverage/", "**/*.d.ts"]
  },
  {
    files: ["**/*.{ts,mts,mjs}"],
    extends: [tseslint.configs.base],
    plugins: { "@effect": effect },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "@effect/dprint": ["error", {
        config: {
          indentWidth: 2,
          lineWidth: 120,
          semiColons: "asi",
          quoteStyle: "alwaysDouble",
          trailingCommas: "never",
          operatorPosition: "maintain",
          "arrowFunction.useParentheses": "force"
        }
      }],
      "eqeqeq": ["error", "always"],
      "no-debugger": "error",
      "no-eval": "error",
      "no-self-compare": "error",
      "no-unreachable": "error",
      "no-unsafe-finally": "error",
      "no-useless-rename": "error",
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
      "no-restricted-syntax": ["error", {
        selector: "CallExpression[callee.property.name='push'] > SpreadElement.arguments",
        message: "A long array overflows the stack here: loop, or concatenate."
      }],
      "@typescript-eslint/array-type": ["error", { default: "generic", readonly: "generic" }],
      "@typescript-eslint/ban-ts-comment": ["error", {
        "ts-expect-error": "allow-with-description",
        "ts-ignore": true,
        "ts-nocheck": true
      }],
      "@typescript-eslint/consistent-type-imports": ["error", { disallowTypeAnnotations: false }],
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-import-type-side-effects": "error",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }]
    }
  },
  {
    // Library code.
    files: ["packages/*/src/**/*.ts"],
    rules: {
      "@typescript-eslint/no-non-null-assertion": "error",
      "no-console": "error",
      "no-restricted-imports": ["error", {
        paths: ["effect", "@effect/platform", "@effect/platform-node", "@effect/experimental"].map((name) => ({
          name,
          message: submodules
        })),
        patterns: [
          { regex: "^@armature/[^/]+$", message: submodules },
          { regex: "^\\.(?:/index\\.js)?$|^\\.\\.?/index\\.js$", message: "Import the module, not the index." }
        ]
      }],
      "no-restricted-properties": ["error", ...impure],
      "no-restricted-syntax": ["error", {
        selector: "NewExpression[callee.name='Date'][arguments.length=0]",
        message: "Take it from effect/Clock."
      }, {
        selector: "CallExpression[callee.property.name='push'] > SpreadElement.arguments",
        message: "A long array overflows the stack here: loop, or concatenate."
      }]
    }
  },
  {
    // A command-line program is the edge of the house, and prints.
    files: ["packages/*/src/bin.ts"],
    rules: { "no-console": "off" }
  }
)
