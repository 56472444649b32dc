#include "protocol/messages/write_share_group_state.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema WriteShareGroupStateRequest::schema =
    schema_of<WriteShareGroupStateRequest>();
constinit const Schema WriteShareGroupStateResponse::schema =
    schema_of<WriteShareGroupStateResponse>();

}  // namespace moldau::protocol
