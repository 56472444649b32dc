#include "protocol/records/share_group_records.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema ShareGroupMemberMetadataKey::schema =
    schema_of<ShareGroupMemberMetadataKey>();
constinit const Schema ShareGroupMemberMetadataValue::schema =
    schema_of<ShareGroupMemberMetadataValue>();
constinit const Schema ShareGroupMetadataKey::schema = schema_of<ShareGroupMetadataKey>();
constinit const Schema ShareGroupMetadataValue::schema = schema_of<ShareGroupMetadataValue>();
constinit const Schema ShareGroupTargetAssignmentMetadataKey::schema =
    schema_of<ShareGroupTargetAssignmentMetadataKey>();
constinit const Schema ShareGroupTargetAssignmentMetadataValue::schema =
    schema_of<ShareGroupTargetAssignmentMetadataValue>();
constinit const Schema ShareGroupTargetAssignmentMemberKey::schema =
    schema_of<ShareGroupTargetAssignmentMemberKey>();
constinit const Schema ShareGroupTargetAssignmentMemberValue::schema =
    schema_of<ShareGroupTargetAssignmentMemberValue>();
constinit const Schema ShareGroupCurrentMemberAssignmentKey::schema =
    schema_of<ShareGroupCurrentMemberAssignmentKey>();
constinit const Schema ShareGroupCurrentMemberAssignmentValue::schema =
    schema_of<ShareGroupCurrentMemberAssignmentValue>();
constinit const Schema ShareGroupStatePartitionMetadataKey::schema =
    schema_of<ShareGroupStatePartitionMetadataKey>();
constinit const Schema ShareGroupStatePartitionMetadataValue::schema =
    schema_of<ShareGroupStatePartitionMetadataValue>();

}  // namespace moldau::protocol
