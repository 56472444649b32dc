#include "protocol/messages/read_share_group_state.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema ReadShareGroupStateRequest::schema = schema_of<ReadShareGroupStateRequest>();
constinit const Schema ReadShareGroupStateResponse::schema =
    schema_of<ReadShareGroupStateResponse>();

}  // namespace moldau::protocol
