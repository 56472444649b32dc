#include "protocol/messages/offset_fetch.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema OffsetFetchRequest::schema = schema_of<OffsetFetchRequest>();
constinit const Schema OffsetFetchResponse::schema = schema_of<OffsetFetchResponse>();

}  // namespace moldau::protocol
