#include "protocol/messages/list_config_resources.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema ListConfigResourcesRequest::schema = schema_of<ListConfigResourcesRequest>();
constinit const Schema ListConfigResourcesResponse::schema =
    schema_of<ListConfigResourcesResponse>();

}  // namespace moldau::protocol
