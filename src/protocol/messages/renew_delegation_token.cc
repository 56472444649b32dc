#include "protocol/messages/renew_delegation_token.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema RenewDelegationTokenRequest::schema =
    schema_of<RenewDelegationTokenRequest>();
constinit const Schema RenewDelegationTokenResponse::schema =
    schema_of<RenewDelegationTokenResponse>();

}  // namespace moldau::protocol
