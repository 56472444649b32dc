#include "protocol/messages/streams_group_describe.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema StreamsGroupDescribeRequest::schema =
    schema_of<StreamsGroupDescribeRequest>();
constinit const Schema StreamsGroupDescribeResponse::schema =
    schema_of<StreamsGroupDescribeResponse>();

}  // namespace moldau::protocol
