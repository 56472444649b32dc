#include "protocol/messages/describe_groups.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema DescribeGroupsRequest::schema = schema_of<DescribeGroupsRequest>();
constinit const Schema DescribeGroupsResponse::schema = schema_of<DescribeGroupsResponse>();

}  // namespace moldau::protocol
