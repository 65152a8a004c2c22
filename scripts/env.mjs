/**
 * The environment that tests, demos and the local server run in.
 */
import { devNull } from "node:os"

/**
 * Takes the developer's AWS settings out of an environment, in place. No `AWS_*` variable stays, the shared `config` and `credentials`
 * files read as empty, and the instance metadata service is not asked: a test then sees the same empty chain on every machine, and no
 * program of this repository can reach a real account by accident.
 *
 * @param {NodeJS.ProcessEnv} env
 */
export const withoutAws = (env) => {
  for (const name of Object.keys(env)) if (name.startsWith("AWS_")) delete env[name]
  env["AWS_CONFIG_FILE"] = devNull
  env["AWS_SHARED_CREDENTIALS_FILE"] = devNull
  env["AWS_EC2_METADATA_DISABLED"] = "true"
  return quiet(env)
}

/**
 * The AWS SDK warns on every start that it will drop a Node version one day.
 *
 * @param {NodeJS.ProcessEnv} env
 */
export const quiet = (env) => {
  env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true"
  return env
}
