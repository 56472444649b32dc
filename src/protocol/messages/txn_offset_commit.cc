#include "protocol/messages/txn_offset_commit.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema TxnOffsetCommitRequest::schema = schema_of<TxnOffsetCommitRequest>();
constinit const Schema TxnOffsetCommitResponse::schema = schema_of<TxnOffsetCommitResponse>();

}  // namespace moldau::protocol
