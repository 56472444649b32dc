#include "protocol/records/quorum_state_data.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema QuorumStateData::schema = schema_of<QuorumStateData>();

}  // namespace moldau::protocol
