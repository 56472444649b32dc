#include "protocol/messages/fetch.h"

#include "protocol/compiled_codec.h"

namespace moldau::protocol {

constinit const Schema FetchRequest::schema = compiled_schema_of<FetchRequest>();
constinit const Schema FetchResponse::schema = compiled_schema_of<FetchResponse>();

}  // namespace moldau::protocol
