// CreateAcls (API 30).
//   1  pattern types (KIP-290)      2  flexible      3  user resources (KIP-373)
#include "broker/broker.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/create_acls.h"

namespace moldau::broker {

/// Nothing is stored that no authorizer would look at.
env::Task<protocol::CreateAclsResponse> handle_create_acls(Broker&, RequestContext&,
                                                           protocol::CreateAclsRequest request) {
  protocol::CreateAclsResponse response;
  for (std::size_t i = 0; i < request.creations.size(); ++i) {
    auto& result = response.results.emplace_back();
    result.error_code = protocol::ErrorCode::security_disabled;
    result.error_message = "No Authorizer is configured.";
  }
  co_return response;
}

}  // namespace moldau::broker
