/** Armature: `Document` on its own request path. */
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import { contestant } from "../contestant.js"
import { documentCalls } from "./documents.js"
import { optionsFor } from "./service.js"

contestant((endpoint) => documentCalls(DynamoDB.layerDirect(optionsFor(endpoint))))
