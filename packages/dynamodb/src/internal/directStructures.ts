/**
 * The structures of DynamoDB's operations and errors, as the AWS SDK's client carries them; a test holds them against it. They stand here, since
 * the client's own come with the rest of the client, which takes longer to load than all that a request needs.
 *
 * A member is its name, and after a colon what it is, where that is not simply text or a flag: `#` a number, `@` a moment, `!` a token that is
 * made up where it is missing, `A` an attribute value, another structure's name; `[…]` a list of one of these, and `{…}` a map.
 */
export const structures: Readonly<Record<string, string>> = {
  BatchExecuteStatementInput: "Statements:[BatchStatementRequest] ReturnConsumedCapacity",
  BatchStatementRequest: "Statement Parameters:[A] ConsistentRead ReturnValuesOnConditionCheckFailure",
  BatchExecuteStatementOutput: "Responses:[BatchStatementResponse] ConsumedCapacity:[ConsumedCapacity]",
  BatchStatementResponse: "Error:BatchStatementError TableName Item:{A}",
  BatchStatementError: "Code Message Item:{A}",
  ConsumedCapacity: "TableName CapacityUnits:# ReadCapacityUnits:# WriteCapacityUnits:# Table:Capacity " +
    "LocalSecondaryIndexes:{Capacity} GlobalSecondaryIndexes:{Capacity} VectorIndexes:{VectorCapacity}",
  Capacity: "ReadCapacityUnits:# WriteCapacityUnits:# CapacityUnits:#",
  VectorCapacity: "VectorSearchRequestBytes:# VectorWriteRequestBytes:#",
  BatchGetItemInput: "RequestItems:{KeysAndAttributes} ReturnConsumedCapacity",
  KeysAndAttributes: "Keys:[{A}] AttributesToGet:[] ConsistentRead ProjectionExpression ExpressionAttributeNames:{}",
  BatchGetItemOutput: "Responses:{[{A}]} UnprocessedKeys:{KeysAndAttributes} ConsumedCapacity:[ConsumedCapacity]",
  BatchWriteItemInput: "RequestItems:{[WriteRequest]} ReturnConsumedCapacity ReturnItemCollectionMetrics",
  WriteRequest: "PutRequest:PutRequest DeleteRequest:DeleteRequest",
  PutRequest: "Item:{A}",
  DeleteRequest: "Key:{A}",
  BatchWriteItemOutput: "UnprocessedItems:{[WriteRequest]} ItemCollectionMetrics:{[ItemCollectionMetrics]} " +
    "ConsumedCapacity:[ConsumedCapacity]",
  ItemCollectionMetrics: "ItemCollectionKey:{A} SizeEstimateRangeGB:[#]",
  CreateTableInput: "TableName AttributeDefinitions:[AttributeDefinition] KeySchema:[KeySchemaElement] " +
    "LocalSecondaryIndexes:[LocalSecondaryIndex] GlobalSecondaryIndexes:[GlobalSecondaryIndex] " +
    "BillingMode ProvisionedThroughput:ProvisionedThroughput StreamSpecification:StreamSpecification " +
    "SSESpecification:SSESpecification Tags:[Tag] TableClass DeletionProtectionEnabled " +
    "WarmThroughput:WarmThroughput ResourcePolicy OnDemandThroughput:OnDemandThroughput " +
    "GlobalTableSourceArn GlobalTableSettingsReplicationMode VectorIndexes:[VectorIndex]",
  AttributeDefinition: "AttributeName AttributeType",
  KeySchemaElement: "AttributeName KeyType",
  LocalSecondaryIndex: "IndexName KeySchema:[KeySchemaElement] Projection:Projection",
  Projection: "ProjectionType NonKeyAttributes:[]",
  GlobalSecondaryIndex: "IndexName KeySchema:[KeySchemaElement] Projection:Projection " +
    "ProvisionedThroughput:ProvisionedThroughput OnDemandThroughput:OnDemandThroughput " +
    "WarmThroughput:WarmThroughput",
  ProvisionedThroughput: "ReadCapacityUnits:# WriteCapacityUnits:#",
  OnDemandThroughput: "MaxReadRequestUnits:# MaxWriteRequestUnits:#",
  WarmThroughput: "ReadUnitsPerSecond:# WriteUnitsPerSecond:#",
  StreamSpecification: "StreamEnabled StreamViewType",
  SSESpecification: "Enabled SSEType KMSMasterKeyId",
  Tag: "Key Value",
  VectorIndex: "IndexName VectorAttribute:VectorAttributeDefinition Projection:Projection Dimensions:# " +
    "DistanceFunction SearchSchema:[SearchSchemaElement]",
  VectorAttributeDefinition: "AttributeName",
  SearchSchemaElement: "AttributeName SearchSchemaElementType",
  CreateTableOutput: "TableDescription:TableDescription",
  TableDescription: "AttributeDefinitions:[AttributeDefinition] TableName KeySchema:[KeySchemaElement] TableStatus " +
    "CreationDateTime:@ ProvisionedThroughput:ProvisionedThroughputDescription TableSizeBytes:# " +
    "ItemCount:# TableArn TableId BillingModeSummary:BillingModeSummary " +
    "LocalSecondaryIndexes:[LocalSecondaryIndexDescription] " +
    "GlobalSecondaryIndexes:[GlobalSecondaryIndexDescription] StreamSpecification:StreamSpecification " +
    "LatestStreamLabel LatestStreamArn GlobalTableVersion Replicas:[ReplicaDescription] " +
    "GlobalTableWitnesses:[GlobalTableWitnessDescription] GlobalTableSettingsReplicationMode " +
    "RestoreSummary:RestoreSummary SSEDescription:SSEDescription ArchivalSummary:ArchivalSummary " +
    "TableClassSummary:TableClassSummary DeletionProtectionEnabled DisassociationProtectionEnabled " +
    "OnDemandThroughput:OnDemandThroughput WarmThroughput:TableWarmThroughputDescription " +
    "MultiRegionConsistency VectorIndexes:[VectorIndexDescription]",
  ProvisionedThroughputDescription:
    "LastIncreaseDateTime:@ LastDecreaseDateTime:@ NumberOfDecreasesToday:# ReadCapacityUnits:# " +
    "WriteCapacityUnits:#",
  BillingModeSummary: "BillingMode LastUpdateToPayPerRequestDateTime:@",
  LocalSecondaryIndexDescription:
    "IndexName KeySchema:[KeySchemaElement] Projection:Projection IndexSizeBytes:# ItemCount:# IndexArn",
  GlobalSecondaryIndexDescription:
    "IndexName KeySchema:[KeySchemaElement] Projection:Projection IndexStatus Backfilling " +
    "ProvisionedThroughput:ProvisionedThroughputDescription IndexSizeBytes:# ItemCount:# IndexArn " +
    "OnDemandThroughput:OnDemandThroughput WarmThroughput:GlobalSecondaryIndexWarmThroughputDescription",
  GlobalSecondaryIndexWarmThroughputDescription: "ReadUnitsPerSecond:# WriteUnitsPerSecond:# Status",
  ReplicaDescription: "RegionName ReplicaStatus ReplicaArn ReplicaStatusDescription ReplicaStatusPercentProgress " +
    "KMSMasterKeyId ProvisionedThroughputOverride:ProvisionedThroughputOverride " +
    "OnDemandThroughputOverride:OnDemandThroughputOverride WarmThroughput:TableWarmThroughputDescription " +
    "GlobalSecondaryIndexes:[ReplicaGlobalSecondaryIndexDescription] ReplicaInaccessibleDateTime:@ " +
    "ReplicaTableClassSummary:TableClassSummary GlobalTableSettingsReplicationMode",
  ProvisionedThroughputOverride: "ReadCapacityUnits:#",
  OnDemandThroughputOverride: "MaxReadRequestUnits:#",
  TableWarmThroughputDescription: "ReadUnitsPerSecond:# WriteUnitsPerSecond:# Status",
  ReplicaGlobalSecondaryIndexDescription: "IndexName ProvisionedThroughputOverride:ProvisionedThroughputOverride " +
    "OnDemandThroughputOverride:OnDemandThroughputOverride " +
    "WarmThroughput:GlobalSecondaryIndexWarmThroughputDescription",
  TableClassSummary: "TableClass LastUpdateDateTime:@",
  GlobalTableWitnessDescription: "RegionName WitnessStatus",
  RestoreSummary: "RestoreDateTime:@ RestoreInProgress SourceBackupArn SourceTableArn",
  SSEDescription: "Status SSEType KMSMasterKeyArn InaccessibleEncryptionDateTime:@",
  ArchivalSummary: "ArchivalDateTime:@ ArchivalReason ArchivalBackupArn",
  VectorIndexDescription: "IndexName SearchSchema:[SearchSchemaElement] Projection:Projection " +
    "VectorAttribute:VectorAttributeDefinition Dimensions:# DistanceFunction IndexStatus Backfilling " +
    "IndexSizeBytes:# ItemCount:# IndexArn",
  DeleteItemInput: "TableName Key:{A} Expected:{ExpectedAttributeValue} ConditionalOperator ReturnValues " +
    "ReturnConsumedCapacity ReturnItemCollectionMetrics ConditionExpression ExpressionAttributeNames:{} " +
    "ExpressionAttributeValues:{A} ReturnValuesOnConditionCheckFailure",
  ExpectedAttributeValue: "Value:A Exists ComparisonOperator AttributeValueList:[A]",
  DeleteItemOutput: "Attributes:{A} ConsumedCapacity:ConsumedCapacity ItemCollectionMetrics:ItemCollectionMetrics",
  DeleteTableInput: "TableName",
  DeleteTableOutput: "TableDescription:TableDescription",
  DescribeContinuousBackupsInput: "TableName",
  DescribeContinuousBackupsOutput: "ContinuousBackupsDescription:ContinuousBackupsDescription",
  ContinuousBackupsDescription: "ContinuousBackupsStatus PointInTimeRecoveryDescription:PointInTimeRecoveryDescription",
  PointInTimeRecoveryDescription: "PointInTimeRecoveryStatus RecoveryPeriodInDays:# EarliestRestorableDateTime:@ " +
    "LatestRestorableDateTime:@",
  DescribeLimitsInput: "",
  DescribeLimitsOutput: "AccountMaxReadCapacityUnits:# AccountMaxWriteCapacityUnits:# TableMaxReadCapacityUnits:# " +
    "TableMaxWriteCapacityUnits:#",
  DescribeTableInput: "TableName",
  DescribeTableOutput: "Table:TableDescription",
  DescribeTimeToLiveInput: "TableName",
  DescribeTimeToLiveOutput: "TimeToLiveDescription:TimeToLiveDescription",
  TimeToLiveDescription: "TimeToLiveStatus AttributeName",
  ExecuteStatementInput: "Statement Parameters:[A] ConsistentRead NextToken ReturnConsumedCapacity Limit:# " +
    "ReturnValuesOnConditionCheckFailure",
  ExecuteStatementOutput: "Items:[{A}] NextToken ConsumedCapacity:ConsumedCapacity LastEvaluatedKey:{A}",
  ExecuteTransactionInput: "TransactStatements:[ParameterizedStatement] ClientRequestToken:! ReturnConsumedCapacity",
  ParameterizedStatement: "Statement Parameters:[A] ReturnValuesOnConditionCheckFailure",
  ExecuteTransactionOutput: "Responses:[ItemResponse] ConsumedCapacity:[ConsumedCapacity]",
  ItemResponse: "Item:{A}",
  GetItemInput: "TableName Key:{A} AttributesToGet:[] ConsistentRead ReturnConsumedCapacity ProjectionExpression " +
    "ExpressionAttributeNames:{}",
  GetItemOutput: "Item:{A} ConsumedCapacity:ConsumedCapacity",
  ListTablesInput: "ExclusiveStartTableName Limit:#",
  ListTablesOutput: "TableNames:[] LastEvaluatedTableName",
  ListTagsOfResourceInput: "ResourceArn NextToken",
  ListTagsOfResourceOutput: "Tags:[Tag] NextToken",
  PutItemInput: "TableName Item:{A} Expected:{ExpectedAttributeValue} ReturnValues ReturnConsumedCapacity " +
    "ReturnItemCollectionMetrics ConditionalOperator ConditionExpression ExpressionAttributeNames:{} " +
    "ExpressionAttributeValues:{A} ReturnValuesOnConditionCheckFailure",
  PutItemOutput: "Attributes:{A} ConsumedCapacity:ConsumedCapacity ItemCollectionMetrics:ItemCollectionMetrics",
  QueryInput: "TableName IndexName Select AttributesToGet:[] Limit:# ConsistentRead KeyConditions:{Condition} " +
    "QueryFilter:{Condition} ConditionalOperator ScanIndexForward ExclusiveStartKey:{A} " +
    "ReturnConsumedCapacity ProjectionExpression FilterExpression KeyConditionExpression " +
    "ExpressionAttributeNames:{} ExpressionAttributeValues:{A}",
  Condition: "ComparisonOperator AttributeValueList:[A]",
  QueryOutput: "Items:[{A}] Count:# ScannedCount:# LastEvaluatedKey:{A} ConsumedCapacity:ConsumedCapacity",
  ScanInput: "TableName IndexName AttributesToGet:[] Limit:# Select ScanFilter:{Condition} ConditionalOperator " +
    "ExclusiveStartKey:{A} ReturnConsumedCapacity TotalSegments:# Segment:# ProjectionExpression " +
    "FilterExpression ExpressionAttributeNames:{} ExpressionAttributeValues:{A} ConsistentRead",
  ScanOutput: "Items:[{A}] Count:# ScannedCount:# LastEvaluatedKey:{A} ConsumedCapacity:ConsumedCapacity",
  TagResourceInput: "ResourceArn Tags:[Tag]",
  TransactGetItemsInput: "TransactItems:[TransactGetItem] ReturnConsumedCapacity",
  TransactGetItem: "Get:Get",
  Get: "Key:{A} TableName ProjectionExpression ExpressionAttributeNames:{}",
  TransactGetItemsOutput: "ConsumedCapacity:[ConsumedCapacity] Responses:[ItemResponse]",
  TransactWriteItemsInput: "TransactItems:[TransactWriteItem] ReturnConsumedCapacity ReturnItemCollectionMetrics " +
    "ClientRequestToken:!",
  TransactWriteItem: "ConditionCheck:ConditionCheck Put:Put Delete:Delete Update:Update",
  ConditionCheck: "Key:{A} TableName ConditionExpression ExpressionAttributeNames:{} ExpressionAttributeValues:{A} " +
    "ReturnValuesOnConditionCheckFailure",
  Put: "Item:{A} TableName ConditionExpression ExpressionAttributeNames:{} ExpressionAttributeValues:{A} " +
    "ReturnValuesOnConditionCheckFailure",
  Delete: "Key:{A} TableName ConditionExpression ExpressionAttributeNames:{} ExpressionAttributeValues:{A} " +
    "ReturnValuesOnConditionCheckFailure",
  Update: "Key:{A} UpdateExpression TableName ConditionExpression ExpressionAttributeNames:{} " +
    "ExpressionAttributeValues:{A} ReturnValuesOnConditionCheckFailure",
  TransactWriteItemsOutput: "ConsumedCapacity:[ConsumedCapacity] ItemCollectionMetrics:{[ItemCollectionMetrics]}",
  UntagResourceInput: "ResourceArn TagKeys:[]",
  UpdateItemInput: "TableName Key:{A} AttributeUpdates:{AttributeValueUpdate} Expected:{ExpectedAttributeValue} " +
    "ConditionalOperator ReturnValues ReturnConsumedCapacity ReturnItemCollectionMetrics UpdateExpression " +
    "ConditionExpression ExpressionAttributeNames:{} ExpressionAttributeValues:{A} " +
    "ReturnValuesOnConditionCheckFailure",
  AttributeValueUpdate: "Value:A Action",
  UpdateItemOutput: "Attributes:{A} ConsumedCapacity:ConsumedCapacity ItemCollectionMetrics:ItemCollectionMetrics",
  UpdateTableInput: "TableName AttributeDefinitions:[AttributeDefinition] BillingMode " +
    "ProvisionedThroughput:ProvisionedThroughput GlobalSecondaryIndexUpdates:[GlobalSecondaryIndexUpdate] " +
    "StreamSpecification:StreamSpecification SSESpecification:SSESpecification " +
    "ReplicaUpdates:[ReplicationGroupUpdate] TableClass DeletionProtectionEnabled MultiRegionConsistency " +
    "GlobalTableWitnessUpdates:[GlobalTableWitnessGroupUpdate] OnDemandThroughput:OnDemandThroughput " +
    "WarmThroughput:WarmThroughput GlobalTableSettingsReplicationMode DisassociationProtectionEnabled " +
    "VectorIndexUpdates:[VectorIndexUpdate]",
  GlobalSecondaryIndexUpdate: "Update:UpdateGlobalSecondaryIndexAction Create:CreateGlobalSecondaryIndexAction " +
    "Delete:DeleteGlobalSecondaryIndexAction",
  UpdateGlobalSecondaryIndexAction:
    "IndexName ProvisionedThroughput:ProvisionedThroughput OnDemandThroughput:OnDemandThroughput " +
    "WarmThroughput:WarmThroughput",
  CreateGlobalSecondaryIndexAction: "IndexName KeySchema:[KeySchemaElement] Projection:Projection " +
    "ProvisionedThroughput:ProvisionedThroughput OnDemandThroughput:OnDemandThroughput " +
    "WarmThroughput:WarmThroughput",
  DeleteGlobalSecondaryIndexAction: "IndexName",
  ReplicationGroupUpdate: "Create:CreateReplicationGroupMemberAction Update:UpdateReplicationGroupMemberAction " +
    "Delete:DeleteReplicationGroupMemberAction Disassociate:DisassociateReplicationGroupMemberAction",
  CreateReplicationGroupMemberAction:
    "RegionName KMSMasterKeyId ProvisionedThroughputOverride:ProvisionedThroughputOverride " +
    "OnDemandThroughputOverride:OnDemandThroughputOverride " +
    "GlobalSecondaryIndexes:[ReplicaGlobalSecondaryIndex] TableClassOverride",
  ReplicaGlobalSecondaryIndex: "IndexName ProvisionedThroughputOverride:ProvisionedThroughputOverride " +
    "OnDemandThroughputOverride:OnDemandThroughputOverride",
  UpdateReplicationGroupMemberAction:
    "RegionName KMSMasterKeyId ProvisionedThroughputOverride:ProvisionedThroughputOverride " +
    "OnDemandThroughputOverride:OnDemandThroughputOverride " +
    "GlobalSecondaryIndexes:[ReplicaGlobalSecondaryIndex] TableClassOverride",
  DeleteReplicationGroupMemberAction: "RegionName",
  DisassociateReplicationGroupMemberAction: "RegionName DisassociationMode",
  GlobalTableWitnessGroupUpdate:
    "Create:CreateGlobalTableWitnessGroupMemberAction Delete:DeleteGlobalTableWitnessGroupMemberAction",
  CreateGlobalTableWitnessGroupMemberAction: "RegionName",
  DeleteGlobalTableWitnessGroupMemberAction: "RegionName",
  VectorIndexUpdate: "Create:CreateVectorIndexAction Delete:DeleteVectorIndexAction",
  CreateVectorIndexAction: "IndexName VectorAttribute:VectorAttributeDefinition Projection:Projection Dimensions:# " +
    "DistanceFunction SearchSchema:[SearchSchemaElement]",
  DeleteVectorIndexAction: "IndexName",
  UpdateTableOutput: "TableDescription:TableDescription",
  UpdateTimeToLiveInput: "TableName TimeToLiveSpecification:TimeToLiveSpecification",
  TimeToLiveSpecification: "Enabled AttributeName",
  UpdateTimeToLiveOutput: "TimeToLiveSpecification:TimeToLiveSpecification",
  ConditionalCheckFailedException: "message Item:{A}",
  ProvisionedThroughputExceededException: "message ThrottlingReasons:[ThrottlingReason]",
  ThrottlingReason: "reason resource",
  RequestLimitExceeded: "message ThrottlingReasons:[ThrottlingReason]",
  ThrottlingException: "message throttlingReasons:[ThrottlingReason]",
  TransactionCanceledException: "Message CancellationReasons:[CancellationReason]",
  CancellationReason: "Item:{A} Code Message"
}
