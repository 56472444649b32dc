#include "protocol/messages/describe_user_scram_credentials.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema DescribeUserScramCredentialsRequest::schema =
    schema_of<DescribeUserScramCredentialsRequest>();
constinit const Schema DescribeUserScramCredentialsResponse::schema =
    schema_of<DescribeUserScramCredentialsResponse>();

}  // namespace moldau::protocol
