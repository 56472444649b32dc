#include "protocol/messages/expire_delegation_token.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema ExpireDelegationTokenRequest::schema =
    schema_of<ExpireDelegationTokenRequest>();
constinit const Schema ExpireDelegationTokenResponse::schema =
    schema_of<ExpireDelegationTokenResponse>();

}  // namespace moldau::protocol
