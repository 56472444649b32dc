#include "protocol/messages/describe_configs.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema DescribeConfigsRequest::schema = schema_of<DescribeConfigsRequest>();
constinit const Schema DescribeConfigsResponse::schema = schema_of<DescribeConfigsResponse>();

}  // namespace moldau::protocol
