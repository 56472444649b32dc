#include "protocol/messages/list_partition_reassignments.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema ListPartitionReassignmentsRequest::schema =
    schema_of<ListPartitionReassignmentsRequest>();
constinit const Schema ListPartitionReassignmentsResponse::schema =
    schema_of<ListPartitionReassignmentsResponse>();

}  // namespace moldau::protocol
