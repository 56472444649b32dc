#include "protocol/records/streams_topology_records.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema StreamsGroupTopologyKey::schema = schema_of<StreamsGroupTopologyKey>();
constinit const Schema StreamsGroupTopologyValue::schema = schema_of<StreamsGroupTopologyValue>();

}  // namespace moldau::protocol
