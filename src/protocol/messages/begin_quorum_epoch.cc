#include "protocol/messages/begin_quorum_epoch.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema BeginQuorumEpochRequest::schema = schema_of<BeginQuorumEpochRequest>();
constinit const Schema BeginQuorumEpochResponse::schema = schema_of<BeginQuorumEpochResponse>();

}  // namespace moldau::protocol
