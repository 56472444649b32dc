#include "protocol/messages/create_delegation_token.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema CreateDelegationTokenRequest::schema =
    schema_of<CreateDelegationTokenRequest>();
constinit const Schema CreateDelegationTokenResponse::schema =
    schema_of<CreateDelegationTokenResponse>();

}  // namespace moldau::protocol
