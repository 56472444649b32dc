#include "protocol/messages/add_raft_voter.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema AddRaftVoterRequest::schema = schema_of<AddRaftVoterRequest>();
constinit const Schema AddRaftVoterResponse::schema = schema_of<AddRaftVoterResponse>();

}  // namespace moldau::protocol
