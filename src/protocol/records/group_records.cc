#include "protocol/records/group_records.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema LegacyOffsetCommitKey::schema = schema_of<LegacyOffsetCommitKey>();
constinit const Schema LegacyOffsetCommitValue::schema = schema_of<LegacyOffsetCommitValue>();
constinit const Schema OffsetCommitKey::schema = schema_of<OffsetCommitKey>();
constinit const Schema OffsetCommitValue::schema = schema_of<OffsetCommitValue>();
constinit const Schema GroupMetadataKey::schema = schema_of<GroupMetadataKey>();
constinit const Schema GroupMetadataValue::schema = schema_of<GroupMetadataValue>();

}  // namespace moldau::protocol
