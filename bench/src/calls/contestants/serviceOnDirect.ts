/** Armature: service on its own request path. */
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import { contestant } from "../contestant.js"
import { optionsFor, serviceCalls } from "./service.js"

contestant((endpoint) => serviceCalls(DynamoDB.layerDirect(optionsFor(endpoint))))
