#include "protocol/messages/offset_commit.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema OffsetCommitRequest::schema = schema_of<OffsetCommitRequest>();
constinit const Schema OffsetCommitResponse::schema = schema_of<OffsetCommitResponse>();

}  // namespace moldau::protocol
