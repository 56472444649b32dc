// DescribeAcls (API 29).
//   1  pattern types (KIP-290)      2  flexible      3  user resources (KIP-373)
#include "broker/broker.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/describe_acls.h"

namespace moldau::broker {

/// There is no authorizer: everybody may do everything.
env::Task<protocol::DescribeAclsResponse> handle_describe_acls(Broker&, RequestContext&,
                                                               protocol::DescribeAclsRequest) {
  protocol::DescribeAclsResponse response;
  response.error_code = protocol::ErrorCode::security_disabled;
  response.error_message = "No Authorizer is configured on the broker";
  co_return response;
}

}  // namespace moldau::broker
