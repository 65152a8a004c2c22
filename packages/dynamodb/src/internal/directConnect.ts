/** Sockets to a server, in clear or by TLS, at once or through a proxy's tunnel. */
import type * as Http from "node:http"
import * as Net from "node:net"
import * as Tls from "node:tls"

/** Opens a socket and gives it, or an error. What it returns stops it. */
export type Connect = (opened: (result: Net.Socket | Error) => void) => () => void

/** Milliseconds of silence after which a connection is asked whether it is still there. */
const probeAfter = 60_000

const port = (url: URL): number => url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port)

const hostname = (url: URL): string => url.hostname.replace(/^\[|\]$/g, "")

/** A proxy, and what it is told of who asks. */
interface Proxy {
  readonly url: URL
  readonly authorization: Http.OutgoingHttpHeaders
}

/** The proxy at a URL, whose credentials are those of the URL; `undefined` where it cannot be one. */
export const proxyOf = (text: string): Proxy | undefined => {
  try {
    const url = new URL(text)
    const { password, protocol, username } = url
    if (!/^https?:$/.test(protocol)) return undefined
    const credentials = decodeURIComponent(`${username}:${password}`)
    const authorization = username === ""
      ? {}
      : { "proxy-authorization": `Basic ${Buffer.from(credentials).toString("base64")}` }
    return { url, authorization }
  } catch {
    return undefined
  }
}

/** How to connect to an origin in so many milliseconds at most. */
export const connector = (origin: string, timeout: number, proxy: Proxy | undefined): Connect => {
  const server = new URL(origin)
  const authority = `${server.hostname}:${port(server)}`
  const host = hostname(server)
  // what is known of the last session, with which the next begins faster
  let session: Buffer | undefined
  const secure = (socket: Net.Socket): Tls.TLSSocket =>
    Tls.connect({
      socket,
      ...(Net.isIP(host) === 0 ? { servername: host } : { host }),
      ALPNProtocols: ["http/1.1"],
      ...(session === undefined ? {} : { session })
    }).on("session", (fresh: Buffer) => {
      session = fresh
    })

  return (opened) => {
    let current: Net.Socket | Http.ClientRequest | undefined
    let done = false
    // stays as the listener of errors, so that a late one ends nobody
    const finish = (result: Net.Socket | Error) => {
      if (done) return
      done = true
      clearTimeout(timer)
      if (result instanceof Error) current?.destroy()
      opened(result)
    }
    const timer = setTimeout(
      () => finish(Object.assign(new Error("CONNECT_TIMEOUT"), { code: "CONNECT_TIMEOUT" })),
      timeout
    )
    const reached = (socket: Net.Socket) => {
      if (server.protocol !== "https:") return finish(socket)
      const shielded = secure(socket)
      current = shielded.on("error", finish).once("secureConnect", () => finish(shielded))
    }
    if (proxy === undefined) {
      const socket = Net.connect({
        host,
        port: port(server),
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: probeAfter
      })
      current = socket.on("error", finish).once("connect", () => reached(socket))
    } else {
      // loaded for those who have a proxy
      const opening = proxy.url.protocol === "https:" ? import("node:https") : import("node:http")
      opening.then(({ request }) => {
        if (!done) current = tunnel(request, proxy, authority, reached, finish)
      }).catch(finish)
    }
    return () => {
      done = true
      clearTimeout(timer)
      current?.destroy()
    }
  }
}

const tunnel = (
  request: typeof Http.request,
  { authorization, url }: Proxy,
  path: string,
  opened: (socket: Net.Socket) => void,
  failed: (error: Error) => void
): Http.ClientRequest => {
  const refused = (what: { readonly destroy: () => void }) => {
    what.destroy()
    failed(Object.assign(new Error(), { code: "ECONNREFUSED" }))
  }
  return request({
    hostname: hostname(url),
    port: port(url),
    method: "CONNECT",
    path,
    headers: { host: path, ...authorization },
    agent: false
  })
    .on("error", failed)
    .once("connect", (answer, socket: Net.Socket) => {
      socket.on("error", failed)
      if (answer.statusCode === 200) opened(socket)
      else refused(socket)
    })
    .once("response", refused)
    .end()
}
