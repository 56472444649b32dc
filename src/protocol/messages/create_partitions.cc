#include "protocol/messages/create_partitions.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema CreatePartitionsRequest::schema = schema_of<CreatePartitionsRequest>();
constinit const Schema CreatePartitionsResponse::schema = schema_of<CreatePartitionsResponse>();

}  // namespace moldau::protocol
