#include "protocol/messages/share_group_describe.h"

#include "protocol/schema.h"

namespace moldau::protocol {

constinit const Schema ShareGroupDescribeRequest::schema = schema_of<ShareGroupDescribeRequest>();
constinit const Schema ShareGroupDescribeResponse::schema = schema_of<ShareGroupDescribeResponse>();

}  // namespace moldau::protocol
