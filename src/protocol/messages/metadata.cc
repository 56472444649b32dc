#include "protocol/messages/metadata.h"

#include "protocol/compiled_codec.h"

namespace moldau::protocol {

constinit const Schema MetadataRequest::schema = schema_of<MetadataRequest>();
constinit const Schema MetadataResponse::schema = compiled_schema_of<MetadataResponse>();

}  // namespace moldau::protocol
