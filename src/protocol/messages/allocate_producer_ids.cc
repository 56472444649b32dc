#include "protocol/messages/allocate_producer_ids.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema AllocateProducerIdsRequest::schema = schema_of<AllocateProducerIdsRequest>();
constinit const Schema AllocateProducerIdsResponse::schema =
    schema_of<AllocateProducerIdsResponse>();

}  // namespace moldau::protocol
