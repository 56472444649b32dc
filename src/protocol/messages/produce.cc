#include "protocol/messages/produce.h"

#include "protocol/compiled_codec.h"

namespace moldau::protocol {

constinit const Schema ProduceRequest::schema = compiled_schema_of<ProduceRequest>();
constinit const Schema ProduceResponse::schema = compiled_schema_of<ProduceResponse>();

}  // namespace moldau::protocol
