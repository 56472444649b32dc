#include "protocol/messages/list_transactions.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema ListTransactionsRequest::schema = schema_of<ListTransactionsRequest>();
constinit const Schema ListTransactionsResponse::schema = schema_of<ListTransactionsResponse>();

}  // namespace moldau::protocol
