#include "protocol/messages/push_telemetry.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema PushTelemetryRequest::schema = schema_of<PushTelemetryRequest>();
constinit const Schema PushTelemetryResponse::schema = schema_of<PushTelemetryResponse>();

}  // namespace moldau::protocol
