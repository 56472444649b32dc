#include "protocol/messages/update_raft_voter.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema UpdateRaftVoterRequest::schema = schema_of<UpdateRaftVoterRequest>();
constinit const Schema UpdateRaftVoterResponse::schema = schema_of<UpdateRaftVoterResponse>();

}  // namespace moldau::protocol
