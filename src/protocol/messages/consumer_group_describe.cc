#include "protocol/messages/consumer_group_describe.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema ConsumerGroupDescribeRequest::schema =
    schema_of<ConsumerGroupDescribeRequest>();
constinit const Schema ConsumerGroupDescribeResponse::schema =
    schema_of<ConsumerGroupDescribeResponse>();

}  // namespace moldau::protocol
