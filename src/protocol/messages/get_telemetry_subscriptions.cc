#include "protocol/messages/get_telemetry_subscriptions.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema GetTelemetrySubscriptionsRequest::schema =
    schema_of<GetTelemetrySubscriptionsRequest>();
constinit const Schema GetTelemetrySubscriptionsResponse::schema =
    schema_of<GetTelemetrySubscriptionsResponse>();

}  // namespace moldau::protocol
