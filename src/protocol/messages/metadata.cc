#include "protocol/messages/metadata.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema MetadataRequest::schema = schema_of<MetadataRequest>();
constinit const Schema MetadataResponse::schema = schema_of<MetadataResponse>();

}  // namespace moldau::protocol
