#include "protocol/messages/share_fetch.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema ShareFetchRequest::schema = schema_of<ShareFetchRequest>();
constinit const Schema ShareFetchResponse::schema = schema_of<ShareFetchResponse>();

}  // namespace moldau::protocol
