#include "protocol/messages/describe_cluster.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema DescribeClusterRequest::schema = schema_of<DescribeClusterRequest>();
constinit const Schema DescribeClusterResponse::schema = schema_of<DescribeClusterResponse>();

}  // namespace moldau::protocol
