// Fetch (API 1).
//   4  read_committed (KIP-98)          12  flexible, LastFetchedEpoch (KIP-595)
//   5  log start offset                 13  topic ids (KIP-516)
//   7  sessions (KIP-227)               15  replica state with epoch (KIP-903)
//   9  current leader epoch (KIP-320)   16  node endpoints (KIP-951)
//  10  zstd                             17  replica directory id (KIP-853)
//  11  rack, preferred replica          18  high watermark of the follower (KIP-1166)
#include "broker/broker.h"
#include "broker/cluster_view.h"
#include "broker/fetch.h"
#include "broker/fetch_session.h"
#include "broker/handlers/handlers.h"
#include "protocol/messages/fetch.h"
#include "protocol/version_rules.h"

namespace moldau::broker {
namespace {

using protocol::ErrorCode;
using protocol::FetchRequest;
using protocol::FetchResponse;

constexpr std::int32_t session_none = 0;
constexpr std::int32_t epoch_initial = 0;
constexpr std::int32_t epoch_final = -1;

bool by_id(std::int16_t version) {
  return protocol::names_topics_by_id(protocol::ApiKey::fetch, version);
}

FetchKey key_of(std::int16_t version, const Text& topic, const Uuid& topic_id,
                PartitionId partition) {
  if (by_id(version)) return {.topic_id = topic_id, .topic = {}, .partition = partition};
  return {.topic_id = {}, .topic = topic.str(), .partition = partition};
}

/// Below 0 the client does not know the epoch.
LeaderEpoch known(LeaderEpoch epoch) {
  return epoch < LeaderEpoch(0) ? no_leader_epoch : epoch;
}

std::vector<FetchTarget> targets_of(const FetchRequest& request, std::int16_t version) {
  std::vector<FetchTarget> targets;
  for (const auto& topic : request.topics) {
    for (const auto& partition : topic.partitions) {
      targets.push_back({.key = key_of(version, topic.topic, topic.topic_id, partition.partition),
                         .fetch_offset = partition.fetch_offset,
                         .current_leader_epoch = known(partition.current_leader_epoch),
                         .last_fetched_epoch = known(partition.last_fetched_epoch),
                         .log_start_offset = partition.log_start_offset,
                         .partition_max_bytes = partition.partition_max_bytes});
    }
  }
  return targets;
}

std::vector<FetchKey> forgotten_of(const FetchRequest& request, std::int16_t version) {
  std::vector<FetchKey> keys;
  for (const auto& topic : request.forgotten_topics_data) {
    for (const auto partition : topic.partitions) {
      keys.push_back(key_of(version, topic.topic, topic.topic_id, partition));
    }
  }
  return keys;
}

/// How a request relates to sessions (KIP-227), and what it then asks for.
struct Conversation {
  enum class Kind : std::uint8_t { sessionless, full, incremental, refused };
  Kind kind{Kind::sessionless};
  ErrorCode error{ErrorCode::none};
  std::shared_ptr<FetchSession> session;  ///< incremental only
  std::vector<FetchTarget> targets;
};

FetchSession::Naming naming_of(std::int16_t version) {
  return by_id(version) ? FetchSession::Naming::by_id : FetchSession::Naming::by_name;
}

Conversation refused(ErrorCode error) {
  return {.kind = Conversation::Kind::refused, .error = error};
}

Conversation converse(Broker& broker, RequestContext& context, const FetchRequest& request) {
  auto& cache = broker.fetch_sessions();
  auto targets = targets_of(request, context.version);
  if (request.session_epoch == epoch_initial || request.session_epoch == epoch_final) {
    if (request.session_id != session_none) cache.remove(request.session_id);
    const auto kind = request.session_epoch == epoch_final ? Conversation::Kind::sessionless
                                                           : Conversation::Kind::full;
    return {.kind = kind, .targets = std::move(targets)};
  }
  auto session = cache.find(request.session_id);
  if (session == nullptr) return refused(ErrorCode::fetch_session_id_not_found);
  const ErrorCode taken =
      session->take(request.session_epoch, naming_of(context.version), context.received);
  if (taken != ErrorCode::none) return refused(taken);
  session->update(std::move(targets), forgotten_of(request, context.version));
  targets = session->targets();
  if (targets.empty()) {
    cache.remove(session->id());
    return {.kind = Conversation::Kind::sessionless};
  }
  return {.kind = Conversation::Kind::incremental,
          .session = std::move(session),
          .targets = std::move(targets)};
}

bool is_from_follower(const RequestContext& context, const FetchRequest& request) {
  const NodeId replica =
      context.version >= 15 ? request.replica_state.replica_id : request.replica_id;
  return replica >= NodeId(0);
}

FetchLimits limits_of(Broker& broker, RequestContext& context, const FetchRequest& request) {
  FetchLimits limits;
  if (is_from_follower(context, request)) {
    limits.isolation = FetchIsolation::log_end;
  } else if (request.isolation_level == 1) {
    limits.isolation = FetchIsolation::transactions_committed;
  }
  limits.max_bytes = std::min<std::int64_t>(request.max_bytes, broker.config().fetch_max_bytes);
  limits.min_bytes = std::min<std::int64_t>(request.min_bytes, limits.max_bytes);
  limits.deadline = context.received + milliseconds(std::max(request.max_wait_ms, 0));
  return limits;
}

FetchedState state_of(const FetchPart& part) {
  return {.has_error = part.has_error(),
          .has_records = part.data.records && !part.data.records->empty(),
          .diverges = part.diverges(),
          .high_watermark = part.data.high_watermark,
          .log_start_offset = part.data.log_start_offset};
}

void add_part(const Broker& broker, const RequestContext& context, FetchPart part,
              FetchResponse& response) {
  const auto& key = part.target.key;
  auto& topics = response.responses;
  if (topics.empty() || topics.back().topic_id != key.topic_id ||
      topics.back().topic != std::string_view(key.topic)) {
    auto& topic = topics.emplace_back();
    topic.topic = Text::copy(key.topic);
    topic.topic_id = key.topic_id;
  }
  auto& data = part.data;
  if (protocol::names_current_leader(context.api, context.version, data.error_code)) {
    const auto* registration = context.image->partition(key.topic_id, key.partition);
    if (registration != nullptr) {
      name_leader(broker, context, *registration, data.current_leader, response.node_endpoints);
    }
  }
  data.error_code = protocol::error_for(context.api, context.version, data.error_code);
  topics.back().partitions.push_back(std::move(data));
}

}  // namespace

env::Task<FetchResponse> handle_fetch(Broker& broker, RequestContext& context,
                                      FetchRequest request) {
  FetchResponse response;
  auto conversation = converse(broker, context, request);
  if (conversation.kind == Conversation::Kind::refused) {
    response.error_code = conversation.error;
    co_return response;
  }
  std::vector<FetchTarget> all;
  if (conversation.kind == Conversation::Kind::full) all = conversation.targets;
  Fetch fetch(broker, context, limits_of(broker, context, request),
              std::move(conversation.targets));
  auto parts = co_await fetch.run();
  if (!parts) {  // the connection is being closed: nobody reads this
    response.error_code = ErrorCode::unknown_server_error;
    co_return response;
  }
  std::shared_ptr<FetchSession> session = conversation.session;
  if (conversation.kind == Conversation::Kind::full) {
    session = broker.fetch_sessions().create(naming_of(context.version), std::move(all),
                                             broker.env().clock().now());
  }
  response.session_id = session != nullptr ? session->id() : session_none;
  const bool is_incremental = conversation.kind == Conversation::Kind::incremental;
  for (auto& part : *parts) {
    const bool changed = session == nullptr || session->note_answer(part.target, state_of(part));
    if (changed || !is_incremental) add_part(broker, context, std::move(part), response);
  }
  // Followers know the brokers.
  if (is_from_follower(context, request)) response.node_endpoints.clear();
  co_return response;
}

}  // namespace moldau::broker
