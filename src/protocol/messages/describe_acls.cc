#include "protocol/messages/describe_acls.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema DescribeAclsRequest::schema = schema_of<DescribeAclsRequest>();
constinit const Schema DescribeAclsResponse::schema = schema_of<DescribeAclsResponse>();

}  // namespace moldau::protocol
