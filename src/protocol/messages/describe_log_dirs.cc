#include "protocol/messages/describe_log_dirs.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema DescribeLogDirsRequest::schema = schema_of<DescribeLogDirsRequest>();
constinit const Schema DescribeLogDirsResponse::schema = schema_of<DescribeLogDirsResponse>();

}  // namespace moldau::protocol
