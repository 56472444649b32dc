#include "protocol/records/streams_group_records.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema StreamsGroupMetadataKey::schema = schema_of<StreamsGroupMetadataKey>();
constinit const Schema StreamsGroupMetadataValue::schema = schema_of<StreamsGroupMetadataValue>();
constinit const Schema StreamsGroupMemberMetadataKey::schema =
    schema_of<StreamsGroupMemberMetadataKey>();
constinit const Schema StreamsGroupMemberMetadataValue::schema =
    schema_of<StreamsGroupMemberMetadataValue>();
constinit const Schema StreamsGroupTargetAssignmentMetadataKey::schema =
    schema_of<StreamsGroupTargetAssignmentMetadataKey>();
constinit const Schema StreamsGroupTargetAssignmentMetadataValue::schema =
    schema_of<StreamsGroupTargetAssignmentMetadataValue>();
constinit const Schema StreamsGroupTargetAssignmentMemberKey::schema =
    schema_of<StreamsGroupTargetAssignmentMemberKey>();
constinit const Schema StreamsGroupTargetAssignmentMemberValue::schema =
    schema_of<StreamsGroupTargetAssignmentMemberValue>();
constinit const Schema StreamsGroupCurrentMemberAssignmentKey::schema =
    schema_of<StreamsGroupCurrentMemberAssignmentKey>();
constinit const Schema StreamsGroupCurrentMemberAssignmentValue::schema =
    schema_of<StreamsGroupCurrentMemberAssignmentValue>();

}  // namespace moldau::protocol
