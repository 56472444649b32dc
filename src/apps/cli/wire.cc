#include "apps/cli/wire.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "apps/cli/explain.h"
#include "base/endian.h"
#include "base/listener.h"
#include "env/signal.h"

namespace moldau::apps {
namespace {

using protocol::ApiKey;
using protocol::ApiVersionsRequest;
using protocol::ApiVersionsResponse;
using protocol::MetadataRequest;
using protocol::MetadataResponse;

/// Behind the correlation id of an answer without its size.
constexpr std::size_t error_code_position = 4;

Result<protocol::Decoded<ApiVersionsResponse>> read_api_versions(SharedBytes frame,
                                                                 std::int16_t version) {
  if (frame.size() < error_code_position + sizeof(std::int16_t)) return fail(Errc::truncated);
  const protocol::ErrorCode code{load_be<std::int16_t>(frame.data() + error_code_position)};
  // A broker that does not know our version says so in version 0 (KIP-511).
  if (code == protocol::ErrorCode::unsupported_version) version = 0;
  return net::Client::decode<ApiVersionsResponse>(std::move(frame), version);
}

env::Task<> keep(env::Task<Result<>> task, Result<>& result) {
  result = co_await std::move(task);
}

env::Task<> keep_answer(net::Client& client, SharedBytes frame, Result<SharedBytes>& answer) {
  answer = co_await client.exchange(std::move(frame));
}

}  // namespace

Result<std::vector<env::Endpoint>> parse_bootstrap(std::string_view text) {
  std::vector<env::Endpoint> result;
  for (const auto part : std::views::split(text, ',')) {
    std::string_view one(part.begin(), part.end());
    if (const auto scheme = one.find("://"); scheme != one.npos) one.remove_prefix(scheme + 3);
    const bool has_port = one.find(':', one.find(']') == one.npos ? 0 : one.find(']')) != one.npos;
    const auto parsed = parse_host_port(has_port ? std::string(one) : std::string(one) + ":9092");
    if (!parsed || parsed->first.empty() || parsed->second == 0) {
      return fail(Errc::invalid, fmt::format("{}: write HOST:PORT", one));
    }
    result.push_back({parsed->first, parsed->second});
  }
  if (result.empty()) return fail(Errc::invalid, "write HOST:PORT");
  return result;
}

std::optional<std::int16_t> common_version(const protocol::MessageInfo& ours,
                                           const ApiVersionsResponse& theirs) {
  for (const auto& api : theirs.api_keys) {
    if (protocol::number(api.api_key) != ours.api_key) continue;
    const auto newest = std::min(ours.versions.highest, api.max_version);
    if (newest >= std::max(ours.versions.lowest, api.min_version)) return newest;
  }
  return std::nullopt;
}

Result<std::unique_ptr<Wire>> Wire::connect(World& world, const ClientOptions& options) {
  std::unique_ptr<Wire> wire(new Wire(world, options));
  Result<> opened;
  for (const auto& endpoint : TRY(parse_bootstrap(options.bootstrap))) {
    opened = wire->open(any, endpoint);
    if (opened) return wire;
  }
  return std::unexpected(unreachable(options.bootstrap));
}

Wire::~Wire() {
  // Connections live on the worker.
  const auto drop = [](std::map<NodeId, Connection>& connections) -> env::Task<> {
    connections.clear();
    co_return;
  };
  world_.run(drop(connections_));
}

bool Wire::pause(MonoTime deadline) {
  constexpr auto interval = std::chrono::milliseconds(100);
  const auto until = world_.worker().now() + interval;
  if (until >= deadline) return false;
  Result<> slept;
  world_.run(keep(env::sleep_until(world_.worker(), until), slept));
  return slept.has_value();
}

Result<> Wire::open(NodeId node, const env::Endpoint& endpoint) {
  Connection connection{.client = {}, .apis = {}, .address = endpoint.to_string()};
  Result<> opened;
  world_.run(keep(open_on_worker(connection, endpoint), opened));
  if (!opened) return opened;
  connections_.insert_or_assign(node, std::move(connection));
  return {};
}

env::Task<Result<>> Wire::open_on_worker(Connection& connection, env::Endpoint endpoint) {
  connection.client = CO_TRY(
      co_await net::Client::connect(world_.env().transport(), world_.worker(), std::move(endpoint),
                                    {.timeout = milliseconds(options_.timeout_ms)}));
  ApiVersionsRequest request;
  request.client_software_name = "moldau";
  request.client_software_version = Text::copy(world_.version());
  auto version = ApiVersionsRequest::info.versions.highest;
  for (;;) {
    auto frame = CO_TRY(connection.client->encode(request, version));
    frame = CO_TRY(co_await connection.client->exchange(std::move(frame)));
    connection.apis = CO_TRY(read_api_versions(std::move(frame), version));
    if (connection.apis->error_code != protocol::ErrorCode::unsupported_version) break;
    // Its answer names the versions that it has; 0 in any case.
    const auto common = common_version(ApiVersionsRequest::info, connection.apis.message);
    if (version == 0) co_return fail(Errc::unsupported, "ApiVersions");
    version = std::min<std::int16_t>(common.value_or(0), version - 1);
  }
  if (connection.apis->error_code != protocol::ErrorCode::none) {
    co_return std::unexpected(explain(connection.apis->error_code, "ApiVersions"));
  }
  co_return Result<>{};
}

Result<Wire::Connection*> Wire::connection(NodeId node) {
  const auto known = connections_.find(node);
  if (known != connections_.end() && known->second.client->is_open()) return &known->second;
  if (node == any) {
    // It was open when this began; another of those in --bootstrap would do as well.
    for (const auto& endpoint : TRY(parse_bootstrap(options_.bootstrap))) {
      if (open(any, endpoint)) return &connections_.at(any);
    }
    return std::unexpected(unreachable(options_.bootstrap));
  }
  const auto& all = *TRY(brokers());
  const auto broker = std::ranges::find(all, node, &BrokerAddress::id);
  if (broker == all.end()) {
    return fail(Errc::not_found,
                fmt::format("there is no broker {}. See `moldau cluster describe`", node));
  }
  if (!open(node, broker->endpoint)) {
    return fail(
        Errc::unavailable,
        fmt::format("broker {} does not answer at {}, the address that it advertises. Is it "
                    "up, and can it be reached from here? See its advertised.listeners",
                    node, broker->endpoint.to_string()));
  }
  return &connections_.at(node);
}

Result<SharedBytes> Wire::exchange(Connection& connection, const protocol::Schema& schema,
                                   const void* request, std::int16_t version) {
  protocol::Writer out;
  TRY(protocol::encode_request_frame(
      {.correlation_id = next_correlation_id_++, .client_id = "moldau", .version = version}, schema,
      request, out));
  Result<SharedBytes> answer;
  world_.run(keep_answer(*connection.client, out.take(), answer));
  if (answer) return answer;
  if (answer.error().code == Errc::corrupt || answer.error().code == Errc::too_large) return answer;
  return std::unexpected(unreachable(connection.address));
}

Result<const ApiVersionsResponse*> Wire::api_versions(NodeId node) {
  return &TRY(connection(node))->apis.message;
}

Result<std::int16_t> Wire::version_at(NodeId node, const protocol::MessageInfo& request) {
  const auto& to = *TRY(connection(node));
  if (const auto version = common_version(request, to.apis.message)) return *version;
  return fail(Errc::unsupported, fmt::format("the broker at {} does not serve {}. See `moldau api`",
                                             to.address, protocol::name(ApiKey{request.api_key})));
}

Result<protocol::Decoded<MetadataResponse>> Wire::metadata(const std::vector<std::string>& topics) {
  MetadataRequest request;
  request.allow_auto_topic_creation = false;
  const auto version = TRY(version_at(any, MetadataRequest::info));
  // Version 0 takes no topics as all, and none before 4 can be told not to create them.
  if (version < 4) return metadata_of_all();
  for (const auto& topic : topics) {
    MetadataRequest::MetadataRequestTopic one;
    one.name = Text(topic);
    request.topics->push_back(std::move(one));
  }
  return ask<MetadataResponse>(any, request);
}

Result<protocol::Decoded<MetadataResponse>> Wire::metadata_of_all() {
  const auto version = TRY(version_at(any, MetadataRequest::info));
  MetadataRequest request;
  if (version >= 1) request.topics.reset();
  request.allow_auto_topic_creation = version < 4;  // which all topics are not about
  return ask<MetadataResponse>(any, request);
}

Result<> Wire::read_cluster() {
  if (!brokers_.empty()) return {};
  const auto response = TRY(metadata({}));
  for (const auto& broker : response->brokers) {
    brokers_.push_back({.id = broker.node_id,
                        .endpoint = {broker.host.str(), static_cast<std::uint16_t>(broker.port)},
                        .rack = broker.rack ? broker.rack->str() : ""});
  }
  std::ranges::sort(brokers_, {}, &BrokerAddress::id);
  controller_ = response->controller_id;
  return {};
}

Result<const std::vector<BrokerAddress>*> Wire::brokers() {
  TRY(read_cluster());
  return &brokers_;
}

Result<NodeId> Wire::controller() {
  TRY(read_cluster());
  return controller_;
}

}  // namespace moldau::apps
