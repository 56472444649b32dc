#include "protocol/messages/elect_leaders.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema ElectLeadersRequest::schema = schema_of<ElectLeadersRequest>();
constinit const Schema ElectLeadersResponse::schema = schema_of<ElectLeadersResponse>();

}  // namespace moldau::protocol
