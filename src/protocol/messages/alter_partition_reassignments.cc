#include "protocol/messages/alter_partition_reassignments.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema AlterPartitionReassignmentsRequest::schema =
    schema_of<AlterPartitionReassignmentsRequest>();
constinit const Schema AlterPartitionReassignmentsResponse::schema =
    schema_of<AlterPartitionReassignmentsResponse>();

}  // namespace moldau::protocol
