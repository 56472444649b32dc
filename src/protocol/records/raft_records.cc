#include "protocol/records/raft_records.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema LeaderChangeMessage::schema = schema_of<LeaderChangeMessage>();
constinit const Schema SnapshotHeaderRecord::schema = schema_of<SnapshotHeaderRecord>();
constinit const Schema SnapshotFooterRecord::schema = schema_of<SnapshotFooterRecord>();
constinit const Schema KRaftVersionRecord::schema = schema_of<KRaftVersionRecord>();
constinit const Schema VotersRecord::schema = schema_of<VotersRecord>();

}  // namespace moldau::protocol
