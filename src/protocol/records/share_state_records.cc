#include "protocol/records/share_state_records.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema ShareSnapshotKey::schema = schema_of<ShareSnapshotKey>();
constinit const Schema ShareSnapshotValue::schema = schema_of<ShareSnapshotValue>();
constinit const Schema ShareUpdateKey::schema = schema_of<ShareUpdateKey>();
constinit const Schema ShareUpdateValue::schema = schema_of<ShareUpdateValue>();

}  // namespace moldau::protocol
