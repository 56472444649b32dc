// FindCoordinator (API 10).
//   0  groups only                  3  flexible
//   1  key types, error message     4  many keys (KIP-699)
//   5  TRANSACTION_ABORTABLE        6  share groups (KIP-932)
#include "broker/broker.h"
#include "broker/handlers/handlers.h"

namespace moldau::broker {
namespace {

using protocol::ErrorCode;
using protocol::FindCoordinatorRequest;
using protocol::FindCoordinatorResponse;

enum class KeyType : std::int8_t { group = 0, transaction = 1, share = 2 };

/// There is no coordinator of any kind here yet. UNSUPPORTED_VERSION is what clients report at
/// once; COORDINATOR_NOT_AVAILABLE they would retry for ever.
std::string_view reason(std::int8_t key_type) {
  switch (static_cast<KeyType>(key_type)) {
    case KeyType::group:
      return "This broker does not serve consumer groups yet";
    case KeyType::transaction:
      return "This broker does not serve transactions yet";
    case KeyType::share:
      return "This broker does not serve share groups yet";
  }
  return "Unknown coordinator type";
}

ErrorCode error_of(std::int8_t key_type) {
  return key_type >= 0 && key_type <= 2 ? ErrorCode::unsupported_version
                                        : ErrorCode::invalid_request;
}

/// librdkafka, which asks in versions up to 2, takes only an authorization failure as final: after
/// any other error, here or from InitProducerId, it asks again until its time is over. The message
/// says what is meant.
ErrorCode error_below_4(std::int8_t key_type) {
  return key_type == static_cast<std::int8_t>(KeyType::transaction)
             ? ErrorCode::transactional_id_authorization_failed
             : error_of(key_type);
}

}  // namespace

env::Task<FindCoordinatorResponse> handle_find_coordinator(Broker&, RequestContext& context,
                                                           FindCoordinatorRequest request) {
  FindCoordinatorResponse response;
  const auto message = Text::view(reason(request.key_type));
  if (context.version < 4) {
    response.error_code = error_below_4(request.key_type);
    response.error_message = message;
    response.node_id = no_node;
    response.port = -1;
    co_return response;
  }
  for (const auto& key : request.coordinator_keys) {
    auto& out = response.coordinators.emplace_back();
    out.key = Text::view(key);
    out.node_id = no_node;
    out.port = -1;
    out.error_code = error_of(request.key_type);
    out.error_message = message;
  }
  co_return response;
}

}  // namespace moldau::broker
