#include "protocol/messages/offset_delete.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema OffsetDeleteRequest::schema = schema_of<OffsetDeleteRequest>();
constinit const Schema OffsetDeleteResponse::schema = schema_of<OffsetDeleteResponse>();

}  // namespace moldau::protocol
