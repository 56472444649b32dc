#include "protocol/messages/create_acls.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema CreateAclsRequest::schema = schema_of<CreateAclsRequest>();
constinit const Schema CreateAclsResponse::schema = schema_of<CreateAclsResponse>();

}  // namespace moldau::protocol
