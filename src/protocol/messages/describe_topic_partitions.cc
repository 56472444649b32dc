#include "protocol/messages/describe_topic_partitions.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema DescribeTopicPartitionsRequest::schema =
    schema_of<DescribeTopicPartitionsRequest>();
constinit const Schema DescribeTopicPartitionsResponse::schema =
    schema_of<DescribeTopicPartitionsResponse>();

}  // namespace moldau::protocol
