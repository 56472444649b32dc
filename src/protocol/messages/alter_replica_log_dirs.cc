#include "protocol/messages/alter_replica_log_dirs.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema AlterReplicaLogDirsRequest::schema = schema_of<AlterReplicaLogDirsRequest>();
constinit const Schema AlterReplicaLogDirsResponse::schema =
    schema_of<AlterReplicaLogDirsResponse>();

}  // namespace moldau::protocol
