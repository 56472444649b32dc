#include "protocol/messages/initialize_share_group_state.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema InitializeShareGroupStateRequest::schema =
    schema_of<InitializeShareGroupStateRequest>();
constinit const Schema InitializeShareGroupStateResponse::schema =
    schema_of<InitializeShareGroupStateResponse>();

}  // namespace moldau::protocol
