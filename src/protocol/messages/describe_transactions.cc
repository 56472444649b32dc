#include "protocol/messages/describe_transactions.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema DescribeTransactionsRequest::schema =
    schema_of<DescribeTransactionsRequest>();
constinit const Schema DescribeTransactionsResponse::schema =
    schema_of<DescribeTransactionsResponse>();

}  // namespace moldau::protocol
