/** Armature: service over the AWS SDK. */
import * as DynamoDB from "@armature/dynamodb/DynamoDB"
import { contestant } from "../contestant.js"
import { optionsFor, serviceCalls } from "./service.js"

contestant((endpoint) => serviceCalls(DynamoDB.layer(optionsFor(endpoint))))
