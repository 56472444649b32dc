#include "protocol/records/consumer_group_records.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema ConsumerGroupMetadataKey::schema = schema_of<ConsumerGroupMetadataKey>();
constinit const Schema ConsumerGroupMetadataValue::schema = schema_of<ConsumerGroupMetadataValue>();
constinit const Schema ConsumerGroupPartitionMetadataKey::schema =
    schema_of<ConsumerGroupPartitionMetadataKey>();
constinit const Schema ConsumerGroupPartitionMetadataValue::schema =
    schema_of<ConsumerGroupPartitionMetadataValue>();
constinit const Schema ConsumerGroupMemberMetadataKey::schema =
    schema_of<ConsumerGroupMemberMetadataKey>();
constinit const Schema ConsumerGroupMemberMetadataValue::schema =
    schema_of<ConsumerGroupMemberMetadataValue>();
constinit const Schema ConsumerGroupTargetAssignmentMetadataKey::schema =
    schema_of<ConsumerGroupTargetAssignmentMetadataKey>();
constinit const Schema ConsumerGroupTargetAssignmentMetadataValue::schema =
    schema_of<ConsumerGroupTargetAssignmentMetadataValue>();
constinit const Schema ConsumerGroupTargetAssignmentMemberKey::schema =
    schema_of<ConsumerGroupTargetAssignmentMemberKey>();
constinit const Schema ConsumerGroupTargetAssignmentMemberValue::schema =
    schema_of<ConsumerGroupTargetAssignmentMemberValue>();
constinit const Schema ConsumerGroupCurrentMemberAssignmentKey::schema =
    schema_of<ConsumerGroupCurrentMemberAssignmentKey>();
constinit const Schema ConsumerGroupCurrentMemberAssignmentValue::schema =
    schema_of<ConsumerGroupCurrentMemberAssignmentValue>();
constinit const Schema ConsumerGroupRegularExpressionKey::schema =
    schema_of<ConsumerGroupRegularExpressionKey>();
constinit const Schema ConsumerGroupRegularExpressionValue::schema =
    schema_of<ConsumerGroupRegularExpressionValue>();

}  // namespace moldau::protocol
