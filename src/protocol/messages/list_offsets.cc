#include "protocol/messages/list_offsets.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema ListOffsetsRequest::schema = schema_of<ListOffsetsRequest>();
constinit const Schema ListOffsetsResponse::schema = schema_of<ListOffsetsResponse>();

}  // namespace moldau::protocol
