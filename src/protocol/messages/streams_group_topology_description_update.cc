#include "protocol/messages/streams_group_topology_description_update.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema StreamsGroupTopologyDescriptionUpdateRequest::schema =
    schema_of<StreamsGroupTopologyDescriptionUpdateRequest>();
constinit const Schema StreamsGroupTopologyDescriptionUpdateResponse::schema =
    schema_of<StreamsGroupTopologyDescriptionUpdateResponse>();

}  // namespace moldau::protocol
