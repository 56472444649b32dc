#include "protocol/messages/alter_configs.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema AlterConfigsRequest::schema = schema_of<AlterConfigsRequest>();
constinit const Schema AlterConfigsResponse::schema = schema_of<AlterConfigsResponse>();

}  // namespace moldau::protocol
