#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "apps/cli/kafka_client.h"
#include "apps/cli/world.h"
#include "net/client.h"
#include "protocol/messages/api_versions.h"
#include "protocol/messages/metadata.h"

namespace moldau::apps {

struct BrokerAddress {
  NodeId id{};
  env::Endpoint endpoint;
  std::string rack;
};

/// "a:9092,[::1]:9093"; without a port it is Kafka's own, and a protocol in front ("PLAINTEXT://")
/// is allowed. Errors: invalid.
Result<std::vector<env::Endpoint>> parse_bootstrap(std::string_view text);

/// The newest version that both sides have; null if there is none.
std::optional<std::int16_t> common_version(const protocol::MessageInfo& ours,
                                           const protocol::ApiVersionsResponse& theirs);

/// The brokers of one cluster, asked by wire: what librdkafka has no call for. Connections are made
/// when they are first needed and kept. Every call blocks. One thread.
///
/// Errors of all calls: unavailable (no answer in time; the text says where and what to do),
/// unsupported (the broker does not serve the API in a version that we have).
class Wire {
 public:
  /// Connects to the first of the bootstrap brokers that answers.
  static Result<std::unique_ptr<Wire>> connect(World& world, const ClientOptions& options);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  /// Stands for the broker that was reached first.
  static constexpr NodeId any{-1};

  /// One request to one broker. What the answer says is the caller's to judge.
  template <protocol::Message Response, protocol::Message Request>
  Result<protocol::Decoded<Response>> ask(NodeId node, const Request& request);

  /// In which version `ask` sends it.
  Result<std::int16_t> version_at(NodeId node, const protocol::MessageInfo& request);
  Result<const protocol::ApiVersionsResponse*> api_versions(NodeId node);

  /// Sorted by id; as the metadata was when they were first asked for.
  Result<const std::vector<BrokerAddress>*> brokers();
  /// Where changes of topics and configurations go: with KRaft any broker, which forwards them.
  Result<NodeId> controller();
  /// The cluster now, with these topics, or with all of them; creates none.
  Result<protocol::Decoded<protocol::MetadataResponse>> metadata(
      const std::vector<std::string>& topics);
  Result<protocol::Decoded<protocol::MetadataResponse>> metadata_of_all();

  /// Repeats `attempt`, which returns a Result, while it says `unavailable` and the time for one
  /// request has not passed: leaders move, coordinators load.
  auto patiently(const auto& attempt) {
    const MonoTime deadline = world_.worker().now() + milliseconds(options_.timeout_ms);
    for (;;) {
      auto result = attempt();
      if (result || result.error().code != Errc::unavailable || !pause(deadline)) return result;
    }
  }

  World& world() { return world_; }
  const ClientOptions& options() const { return options_; }

 private:
  struct Connection {
    std::unique_ptr<net::Client> client;
    protocol::Decoded<protocol::ApiVersionsResponse> apis;
    std::string address;
  };

  Wire(World& world, ClientOptions options) : world_(world), options_(std::move(options)) {}

  /// False if the deadline comes first.
  bool pause(MonoTime deadline);
  Result<Connection*> connection(NodeId node);
  Result<> open(NodeId node, const env::Endpoint& endpoint);
  env::Task<Result<>> open_on_worker(Connection& connection, env::Endpoint endpoint);
  Result<SharedBytes> exchange(Connection& connection, const protocol::Schema& schema,
                               const void* request, std::int16_t version);
  Result<> read_cluster();

  World& world_;
  const ClientOptions options_;
  std::map<NodeId, Connection> connections_;
  std::vector<BrokerAddress> brokers_;
  NodeId controller_{any};
  std::int32_t next_correlation_id_{0};
};

template <protocol::Message Response, protocol::Message Request>
Result<protocol::Decoded<Response>> Wire::ask(NodeId node, const Request& request) {
  auto& to = *TRY(connection(node));
  const auto version = TRY(version_at(node, Request::info));
  auto frame = TRY(exchange(to, Request::schema, &request, version));
  return net::Client::decode<Response>(std::move(frame), version);
}

}  // namespace moldau::apps
