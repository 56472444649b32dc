#include "protocol/messages/add_offsets_to_txn.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema AddOffsetsToTxnRequest::schema = schema_of<AddOffsetsToTxnRequest>();
constinit const Schema AddOffsetsToTxnResponse::schema = schema_of<AddOffsetsToTxnResponse>();

}  // namespace moldau::protocol
