/** DynamoDB's client and commands of the AWS SDK: the only module that loads them. */
import type { ClientConfig, Senders } from "@armature/aws/SdkTransport"
import * as Sdk from "@aws-sdk/client-dynamodb"
import type { Operations } from "./operations.js"

export const client = (config: ClientConfig): Sdk.DynamoDBClient => new Sdk.DynamoDBClient(config)

export const senders: Senders<Operations, Sdk.DynamoDBClient> = {
  BatchExecuteStatement: (client, input, options) => client.send(new Sdk.BatchExecuteStatementCommand(input), options),
  BatchGetItem: (client, input, options) => client.send(new Sdk.BatchGetItemCommand(input), options),
  BatchWriteItem: (client, input, options) => client.send(new Sdk.BatchWriteItemCommand(input), options),
  CreateTable: (client, input, options) => client.send(new Sdk.CreateTableCommand(input), options),
  DeleteItem: (client, input, options) => client.send(new Sdk.DeleteItemCommand(input), options),
  DeleteTable: (client, input, options) => client.send(new Sdk.DeleteTableCommand(input), options),
  DescribeContinuousBackups: (client, input, options) =>
    client.send(new Sdk.DescribeContinuousBackupsCommand(input), options),
  DescribeLimits: (client, input, options) => client.send(new Sdk.DescribeLimitsCommand(input), options),
  DescribeTable: (client, input, options) => client.send(new Sdk.DescribeTableCommand(input), options),
  DescribeTimeToLive: (client, input, options) => client.send(new Sdk.DescribeTimeToLiveCommand(input), options),
  ExecuteStatement: (client, input, options) => client.send(new Sdk.ExecuteStatementCommand(input), options),
  ExecuteTransaction: (client, input, options) => client.send(new Sdk.ExecuteTransactionCommand(input), options),
  GetItem: (client, input, options) => client.send(new Sdk.GetItemCommand(input), options),
  ListTables: (client, input, options) => client.send(new Sdk.ListTablesCommand(input), options),
  ListTagsOfResource: (client, input, options) => client.send(new Sdk.ListTagsOfResourceCommand(input), options),
  PutItem: (client, input, options) => client.send(new Sdk.PutItemCommand(input), options),
  Query: (client, input, options) => client.send(new Sdk.QueryCommand(input), options),
  Scan: (client, input, options) => client.send(new Sdk.ScanCommand(input), options),
  TagResource: (client, input, options) => client.send(new Sdk.TagResourceCommand(input), options),
  TransactGetItems: (client, input, options) => client.send(new Sdk.TransactGetItemsCommand(input), options),
  TransactWriteItems: (client, input, options) => client.send(new Sdk.TransactWriteItemsCommand(input), options),
  UntagResource: (client, input, options) => client.send(new Sdk.UntagResourceCommand(input), options),
  UpdateItem: (client, input, options) => client.send(new Sdk.UpdateItemCommand(input), options),
  UpdateTable: (client, input, options) => client.send(new Sdk.UpdateTableCommand(input), options),
  UpdateTimeToLive: (client, input, options) => client.send(new Sdk.UpdateTimeToLiveCommand(input), options)
}
