#include "protocol/messages/assign_replicas_to_dirs.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema AssignReplicasToDirsRequest::schema =
    schema_of<AssignReplicasToDirsRequest>();
constinit const Schema AssignReplicasToDirsResponse::schema =
    schema_of<AssignReplicasToDirsResponse>();

}  // namespace moldau::protocol
