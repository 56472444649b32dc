#include "protocol/messages/end_quorum_epoch.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema EndQuorumEpochRequest::schema = schema_of<EndQuorumEpochRequest>();
constinit const Schema EndQuorumEpochResponse::schema = schema_of<EndQuorumEpochResponse>();

}  // namespace moldau::protocol
