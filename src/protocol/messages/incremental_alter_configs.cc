#include "protocol/messages/incremental_alter_configs.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema IncrementalAlterConfigsRequest::schema =
    schema_of<IncrementalAlterConfigsRequest>();
constinit const Schema IncrementalAlterConfigsResponse::schema =
    schema_of<IncrementalAlterConfigsResponse>();

}  // namespace moldau::protocol
