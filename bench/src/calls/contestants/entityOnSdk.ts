/** Armature: an entity over the AWS SDK. */
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import { contestant } from "../contestant.js"
import { entityCalls } from "./entities.js"
import { optionsFor } from "./service.js"

contestant((endpoint) => entityCalls(DynamoDB.layer(optionsFor(endpoint))))
