/** Armature: service on its own request path, with a tracer that makes every span and keeps none. */
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Layer from "effect/Layer"
import * as Tracer from "effect/Tracer"
import { contestant } from "../contestant.js"
import { optionsFor, serviceCalls } from "./service.js"

const native = Context.get(DefaultServices.liveServices, Tracer.Tracer)

// another one than Effect's own, of which it is known that nobody sees its spans
const tracer = Tracer.make({ span: native.span, context: native.context })

contestant((endpoint) => serviceCalls(Layer.merge(DynamoDB.layerDirect(optionsFor(endpoint)), Layer.setTracer(tracer))))
