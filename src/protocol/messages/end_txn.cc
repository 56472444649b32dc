#include "protocol/messages/end_txn.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema EndTxnRequest::schema = schema_of<EndTxnRequest>();
constinit const Schema EndTxnResponse::schema = schema_of<EndTxnResponse>();

}  // namespace moldau::protocol
