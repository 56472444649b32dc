// FindCoordinator (API 10).
//   0  groups only                  3  flexible
//   1  key types, error message     4  many keys (KIP-699)
//   5  TRANSACTION_ABORTABLE        6  share groups (KIP-932)
#include "broker/broker.h"
#include "broker/cluster_view.h"
#include "broker/group_coordinators.h"
#include "broker/handlers/handlers.h"
#include "broker/internal_topics.h"
#include "protocol/messages/find_coordinator.h"

namespace moldau::broker {
namespace {

using protocol::ErrorCode;
using protocol::FindCoordinatorRequest;
using protocol::FindCoordinatorResponse;
using Coordinator = FindCoordinatorResponse::Coordinator;

enum class KeyType : std::int8_t { group = 0, transaction = 1, share = 2 };

Coordinator refused(std::string_view key, ErrorCode error, std::string_view message = {}) {
  Coordinator out;
  out.key = Text::view(key);
  out.node_id = no_node;
  out.port = -1;
  out.error_code = error;
  if (!message.empty()) out.error_message = Text::view(message);
  return out;
}

/// There is no coordinator of these kinds here yet. UNSUPPORTED_VERSION is what clients report at
/// once; COORDINATOR_NOT_AVAILABLE they would retry for ever.
///
/// librdkafka, which asks in versions up to 2, takes only an authorization failure as final: after
/// any other error, here or from InitProducerId, it asks again until its time is over. The message
/// says what is meant.
Coordinator not_built(std::string_view key, KeyType type, std::int16_t version) {
  if (type == KeyType::share) {
    return refused(key, version < 6 ? ErrorCode::invalid_request : ErrorCode::unsupported_version,
                   "This broker does not serve share groups yet");
  }
  return refused(key,
                 version < 4 ? ErrorCode::transactional_id_authorization_failed
                             : ErrorCode::unsupported_version,
                 "This broker does not serve transactions yet");
}

/// The leader of the group's partition, as this client reaches it.
Coordinator find_group(const Broker& broker, const RequestContext& context, std::string_view key) {
  const auto* topic = context.image->topic(consumer_offsets_topic);
  if (topic == nullptr || topic->partition_count() == 0) {
    return refused(key, ErrorCode::coordinator_not_available);
  }
  const auto* partition = topic->partition(coordinator_partition(key, topic->partition_count()));
  const auto* leader = context.image->broker(partition->leader);
  const auto address = leader == nullptr ? std::nullopt : address_for(broker, context, *leader);
  if (!address) return refused(key, ErrorCode::coordinator_not_available);
  Coordinator out;
  out.key = Text::view(key);
  out.node_id = partition->leader;
  out.host = Text::copy(address->host);
  out.port = address->port;
  // Apache's words for no error.
  out.error_message = context.version < 4 ? Text("NONE") : Text("");
  return out;
}

Coordinator find(const Broker& broker, const RequestContext& context, std::string_view key,
                 std::int8_t key_type) {
  switch (static_cast<KeyType>(key_type)) {
    case KeyType::group:
      return find_group(broker, context, key);
    case KeyType::transaction:
    case KeyType::share:
      return not_built(key, static_cast<KeyType>(key_type), context.version);
  }
  return refused(key, ErrorCode::invalid_request, "Unknown coordinator type");
}

}  // namespace

env::Task<FindCoordinatorResponse> handle_find_coordinator(Broker& broker, RequestContext& context,
                                                           FindCoordinatorRequest request) {
  const bool for_groups = request.key_type == static_cast<std::int8_t>(KeyType::group);
  if (for_groups && context.image->topic(consumer_offsets_topic) == nullptr) {
    co_await broker.create_consumer_offsets(context);
    context.image = broker.image();
  }
  FindCoordinatorResponse response;
  if (context.version >= 4) {
    for (const auto& key : request.coordinator_keys) {
      response.coordinators.push_back(find(broker, context, key, request.key_type));
    }
    co_return response;
  }
  auto found = find(broker, context, request.key, request.key_type);
  response.error_code = found.error_code;
  response.error_message = std::move(found.error_message);
  response.node_id = found.node_id;
  response.host = std::move(found.host);
  response.port = found.port;
  co_return response;
}

}  // namespace moldau::broker
