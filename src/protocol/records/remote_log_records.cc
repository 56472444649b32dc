#include "protocol/records/remote_log_records.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema RemoteLogSegmentMetadataRecord::schema =
    schema_of<RemoteLogSegmentMetadataRecord>();
constinit const Schema RemoteLogSegmentMetadataUpdateRecord::schema =
    schema_of<RemoteLogSegmentMetadataUpdateRecord>();
constinit const Schema RemotePartitionDeleteMetadataRecord::schema =
    schema_of<RemotePartitionDeleteMetadataRecord>();
constinit const Schema RemoteLogSegmentMetadataSnapshotRecord::schema =
    schema_of<RemoteLogSegmentMetadataSnapshotRecord>();

}  // namespace moldau::protocol
