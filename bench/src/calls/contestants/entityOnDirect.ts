/** Armature: an entity on its own request path. */
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import { contestant } from "../contestant.js"
import { entityCalls } from "./entities.js"
import { optionsFor } from "./service.js"

contestant((endpoint) => entityCalls(DynamoDB.layerDirect(optionsFor(endpoint))))
