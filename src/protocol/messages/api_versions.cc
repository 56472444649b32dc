#include "protocol/messages/api_versions.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema ApiVersionsRequest::schema = schema_of<ApiVersionsRequest>();
constinit const Schema ApiVersionsResponse::schema = schema_of<ApiVersionsResponse>();

}  // namespace moldau::protocol
