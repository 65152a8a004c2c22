/** Connections through a proxy: a tunnel that it opens, and within it what would be there without one. */
import * as Http from "node:http"
import * as Https from "node:https"
import type { buildConnector } from "undici"
import connector from "undici/lib/core/connect.js"

/** How undici connects through a proxy, in so many milliseconds at most. Credentials of the proxy are those of its URL. */
export const through = (proxy: URL, timeout: number): buildConnector.connector => {
  const secure = connector({ timeout, allowH2: false })
  const { hostname, password, port, protocol, username } = proxy
  const { request } = protocol === "https:" ? Https : Http
  const authorization = username === ""
    ? {}
    : {
      "proxy-authorization": `Basic ${Buffer.from(decodeURIComponent(`${username}:${password}`)).toString("base64")}`
    }
  return (target, callback) => {
    const path = `${target.hostname}:${target.port || (target.protocol === "https:" ? 443 : 80)}`
    const opening = request({
      hostname: hostname.replace(/^\[|\]$/g, ""),
      port,
      method: "CONNECT",
      path,
      headers: { host: path, ...authorization },
      agent: false
    })
    const timer = setTimeout(
      () => opening.destroy(Object.assign(new Error(), { code: "UND_ERR_CONNECT_TIMEOUT" })),
      timeout
    )
    opening
      .once("close", () => clearTimeout(timer))
      .once("error", (error) => callback(error, null))
      .once("connect", (answer, socket) => {
        clearTimeout(timer)
        if (answer.statusCode !== 200) {
          socket.destroy()
          callback(Object.assign(new Error(), { code: "ECONNREFUSED" }), null)
        } else if (target.protocol === "https:") secure({ ...target, httpSocket: socket }, callback)
        else callback(null, socket)
      })
      .once("response", (answer) => {
        answer.destroy()
        callback(Object.assign(new Error(), { code: "ECONNREFUSED" }), null)
      })
      .end()
  }
}
