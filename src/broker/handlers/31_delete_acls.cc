// DeleteAcls (API 31).
//   1  pattern types (KIP-290)      2  flexible      3  user resources (KIP-373)
#include "broker/broker.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/delete_acls.h"

namespace moldau::broker {

env::Task<protocol::DeleteAclsResponse> handle_delete_acls(Broker&, RequestContext&,
                                                           protocol::DeleteAclsRequest request) {
  protocol::DeleteAclsResponse response;
  for (std::size_t i = 0; i < request.filters.size(); ++i) {
    auto& result = response.filter_results.emplace_back();
    result.error_code = protocol::ErrorCode::security_disabled;
    result.error_message = "No Authorizer is configured.";
  }
  co_return response;
}

}  // namespace moldau::broker
