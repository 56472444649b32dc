#include "protocol/messages/delete_topics.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema DeleteTopicsRequest::schema = schema_of<DeleteTopicsRequest>();
constinit const Schema DeleteTopicsResponse::schema = schema_of<DeleteTopicsResponse>();

}  // namespace moldau::protocol
