#include "protocol/messages/describe_delegation_token.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema DescribeDelegationTokenRequest::schema =
    schema_of<DescribeDelegationTokenRequest>();
constinit const Schema DescribeDelegationTokenResponse::schema =
    schema_of<DescribeDelegationTokenResponse>();

}  // namespace moldau::protocol
