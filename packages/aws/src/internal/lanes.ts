/**
 * The SDK builds its chain of middleware anew for each call, which is a seventh of what a call costs. Here a chain that has carried a call to
 * its answer carries the next one of the same operation. It carries one at a time: middleware keeps what it found out about a call (endpoint,
 * identity) beside the chain. What failed or was stopped is not used again.
 */

type Chain = (command: object) => Promise<{ readonly output: unknown }>

interface Command {
  readonly constructor: unknown
  readonly resolveMiddleware: (stack: unknown, configuration: unknown, options: object) => Chain
}

const isCommand = (u: unknown): u is Command =>
  typeof u === "object" && u !== null && "resolveMiddleware" in u && typeof u.resolveMiddleware === "function"

interface Lane {
  /** The chain's own for ever; what is in it is the call's. */
  readonly options: { armature: object | undefined }
  readonly chain: Chain
}

/** Chains kept for one operation at most. */
const most = 64

/** A client's `send`, over chains that are used again. */
export const send = (client: { readonly config: unknown; readonly middlewareStack: unknown }) => {
  const idle = new Map<unknown, Array<Lane>>()

  const open = (command: Command): Lane => {
    const options: Lane["options"] = { armature: undefined }
    // a chain refers to the command it was made for: to one without an input, since it may stay as long as the client
    const made: unknown = typeof command.constructor === "function" ? Reflect.construct(command.constructor, [{}]) : {}
    const chain = (isCommand(made) ? made : command).resolveMiddleware(client.middlewareStack, client.config, options)
    return { options, chain }
  }

  return async (command: Command, { armature }: { readonly armature: object }): Promise<unknown> => {
    let lanes = idle.get(command.constructor)
    if (lanes === undefined) idle.set(command.constructor, lanes = [])
    const lane = lanes.pop() ?? open(command)
    lane.options.armature = armature
    const { output } = await lane.chain(command)
    lane.options.armature = undefined
    if (lanes.length < most) lanes.push(lane)
    return output
  }
}
