#include "protocol/messages/vote.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema VoteRequest::schema = schema_of<VoteRequest>();
constinit const Schema VoteResponse::schema = schema_of<VoteResponse>();

}  // namespace moldau::protocol
