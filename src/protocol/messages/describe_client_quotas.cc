#include "protocol/messages/describe_client_quotas.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema DescribeClientQuotasRequest::schema =
    schema_of<DescribeClientQuotasRequest>();
constinit const Schema DescribeClientQuotasResponse::schema =
    schema_of<DescribeClientQuotasResponse>();

}  // namespace moldau::protocol
