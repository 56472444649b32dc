#include "protocol/messages/describe_quorum.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema DescribeQuorumRequest::schema = schema_of<DescribeQuorumRequest>();
constinit const Schema DescribeQuorumResponse::schema = schema_of<DescribeQuorumResponse>();

}  // namespace moldau::protocol
