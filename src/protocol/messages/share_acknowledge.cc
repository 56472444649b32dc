#include "protocol/messages/share_acknowledge.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema ShareAcknowledgeRequest::schema = schema_of<ShareAcknowledgeRequest>();
constinit const Schema ShareAcknowledgeResponse::schema = schema_of<ShareAcknowledgeResponse>();

}  // namespace moldau::protocol
