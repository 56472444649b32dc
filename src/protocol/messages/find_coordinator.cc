#include "protocol/messages/find_coordinator.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema FindCoordinatorRequest::schema = schema_of<FindCoordinatorRequest>();
constinit const Schema FindCoordinatorResponse::schema = schema_of<FindCoordinatorResponse>();

}  // namespace moldau::protocol
