#include "protocol/messages/alter_partition.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema AlterPartitionRequest::schema = schema_of<AlterPartitionRequest>();
constinit const Schema AlterPartitionResponse::schema = schema_of<AlterPartitionResponse>();

}  // namespace moldau::protocol
