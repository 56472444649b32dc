#include "protocol/messages/create_topics.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema CreateTopicsRequest::schema = schema_of<CreateTopicsRequest>();
constinit const Schema CreateTopicsResponse::schema = schema_of<CreateTopicsResponse>();

}  // namespace moldau::protocol
