/** DynamoDB's client and commands of the AWS SDK: the only module that loads them. */
import type { ClientConfig, Senders } from "@armature/aws/SdkTransport"
import * as Sdk from "@aws-sdk/client-dynamodb"
import type { Operations } from "./operations.js"

export const client = (config: ClientConfig): Sdk.DynamoDBClient => new Sdk.DynamoDBClient(config)

export const senders: Senders<Operations, Sdk.DynamoDBClient> = {
  CreateTable: (client, input, options) => client.send(new Sdk.CreateTableCommand(input), options),
  DeleteItem: (client, input, options) => client.send(new Sdk.DeleteItemCommand(input), options),
  DeleteTable: (client, input, options) => client.send(new Sdk.DeleteTableCommand(input), options),
  DescribeTable: (client, input, options) => client.send(new Sdk.DescribeTableCommand(input), options),
  GetItem: (client, input, options) => client.send(new Sdk.GetItemCommand(input), options),
  ListTables: (client, input, options) => client.send(new Sdk.ListTablesCommand(input), options),
  PutItem: (client, input, options) => client.send(new Sdk.PutItemCommand(input), options),
  Query: (client, input, options) => client.send(new Sdk.QueryCommand(input), options),
  Scan: (client, input, options) => client.send(new Sdk.ScanCommand(input), options),
  TransactWriteItems: (client, input, options) => client.send(new Sdk.TransactWriteItemsCommand(input), options),
  UpdateItem: (client, input, options) => client.send(new Sdk.UpdateItemCommand(input), options)
}
