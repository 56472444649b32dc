#include "protocol/messages/delete_share_group_state.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema DeleteShareGroupStateRequest::schema =
    schema_of<DeleteShareGroupStateRequest>();
constinit const Schema DeleteShareGroupStateResponse::schema =
    schema_of<DeleteShareGroupStateResponse>();

}  // namespace moldau::protocol
