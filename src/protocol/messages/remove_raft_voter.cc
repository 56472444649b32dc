#include "protocol/messages/remove_raft_voter.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema RemoveRaftVoterRequest::schema = schema_of<RemoveRaftVoterRequest>();
constinit const Schema RemoveRaftVoterResponse::schema = schema_of<RemoveRaftVoterResponse>();

}  // namespace moldau::protocol
