#include "protocol/messages/describe_share_group_offsets.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema DescribeShareGroupOffsetsRequest::schema =
    schema_of<DescribeShareGroupOffsetsRequest>();
constinit const Schema DescribeShareGroupOffsetsResponse::schema =
    schema_of<DescribeShareGroupOffsetsResponse>();

}  // namespace moldau::protocol
