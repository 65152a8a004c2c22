// The parts of undici that are used, by themselves: its index loads all of undici, half of which is a fetch, and takes longer to start than the
// AWS SDK does. Its version is pinned.
declare module "undici/lib/dispatcher/client.js" {
  import type { Client } from "undici"
  const client: typeof Client
  export default client
}

declare module "undici/lib/core/connect.js" {
  import type { buildConnector } from "undici"
  const connector: typeof buildConnector
  export default connector
}
