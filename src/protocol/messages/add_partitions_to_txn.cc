#include "protocol/messages/add_partitions_to_txn.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema AddPartitionsToTxnRequest::schema = schema_of<AddPartitionsToTxnRequest>();
constinit const Schema AddPartitionsToTxnResponse::schema = schema_of<AddPartitionsToTxnResponse>();

}  // namespace moldau::protocol
