#include "protocol/messages/describe_producers.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema DescribeProducersRequest::schema = schema_of<DescribeProducersRequest>();
constinit const Schema DescribeProducersResponse::schema = schema_of<DescribeProducersResponse>();

}  // namespace moldau::protocol
