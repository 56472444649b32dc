#include "broker/test_broker.h"
#include "protocol/messages/api_versions.h"
#include "protocol/messages/create_topics.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/produce.h"

namespace moldau::broker::testing {

BrokerTest::BrokerTest() : server_(world_.add_node("server", {.workers = 2, .log_sink = {}})) {
  world_.add_node("client").start();
  properties_["auto.create.topics.enable"] = "true";
}

BrokerTest::~BrokerTest() {
  clients_.clear();
  if (server_.is_up()) power_cut();
}

void BrokerTest::start() {
  const auto started = try_start();
  ASSERT_TRUE(started) << started.error().to_string();
}

Result<> BrokerTest::try_start() {
  const auto config = TRY(BrokerConfig::make(TRY(StaticConfig::make(properties_))));
  started_.reset();
  server_.start([this, config](env::Env& env) { return live(env, config); });
  EXPECT_TRUE(world_.run_until([&] { return started_.has_value(); }));
  if (!*started_) go_down(env::CrashKind::kill);
  return *started_;
}

void BrokerTest::stop() {
  clients_.clear();
  stop_->notify();
  ASSERT_TRUE(world_.run_until([&] { return node_ == nullptr; }));
  go_down(env::CrashKind::kill);
}

void BrokerTest::power_cut() {
  go_down(env::CrashKind::power_cut);
}

void BrokerTest::kill() {
  go_down(env::CrashKind::kill);
}

void BrokerTest::power_cut_after(std::uint64_t operations) {
  disk().after_operations(operations, [this] { server_.crash(env::CrashKind::power_cut); });
}

void BrokerTest::go_down(env::CrashKind kind) {
  clients_.clear();
  server_.crash(kind);
  EXPECT_TRUE(world_.run_until([&] { return !server_.is_up(); }));
}

env::Task<> BrokerTest::live(env::Env& env, BrokerConfig config) {
  Node node(env, std::move(config));
  env::Signal stop(env.workers().at(0));
  auto started = co_await node.start();
  const bool is_up = started.has_value();
  if (is_up) {
    node_ = &node;
    stop_ = &stop;
  }
  started_ = std::move(started);
  if (is_up) static_cast<void>(co_await stop.wait());
  co_await node.stop(env.clock().now() + std::chrono::seconds(20));
  node_ = nullptr;
}

bool BrokerTest::takes_a_connection() {
  bool taken = false;
  world_.run(home(), try_connection(taken));
  return taken;
}

env::Task<> BrokerTest::try_connection(bool& taken) {
  const auto client = co_await connect(broker_port);
  if (!client) co_return;
  protocol::ApiVersionsRequest request;
  const auto answer = co_await (*client)->call<protocol::ApiVersionsResponse>(request, 0);
  taken = answer.has_value();
}

void BrokerTest::run_there(env::Task<> task) {
  world_.run(server_.env().workers().at(0), std::move(task));
}

SharedBytes BrokerTest::exchange(SharedBytes frame, std::uint16_t port) {
  Result<SharedBytes> answer = fail(Errc::closed);
  world_.run(home(), exchange(std::move(frame), port, answer));
  EXPECT_TRUE(answer) << answer.error().to_string();
  if (!answer) return {};
  frames_.push_back(*answer);
  return *answer;
}

env::Task<> BrokerTest::exchange(SharedBytes frame, std::uint16_t port,
                                 Result<SharedBytes>& answer) {
  auto& client = clients_[port];
  if (client == nullptr || !client->is_open()) {
    auto connected = co_await connect(port);
    if (!connected) {
      answer = std::unexpected(connected.error());
      co_return;
    }
    client = std::move(*connected);
  }
  answer = co_await client->exchange(std::move(frame));
}

env::Task<Result<std::unique_ptr<net::Client>>> BrokerTest::connect(std::uint16_t port) {
  co_return co_await net::Client::connect(world_.node(1).env().transport(), home(),
                                          {.host = server_.address(), .port = port}, {});
}

protocol::ErrorCode BrokerTest::create(std::string_view name, std::int32_t partitions,
                                       const Properties& settings) {
  protocol::CreateTopicsRequest request;
  auto& topic = request.topics.emplace_back();
  topic.name = Text::view(name);
  topic.num_partitions = partitions;
  topic.replication_factor = 1;
  for (const auto& [key, value] : settings) {
    topic.configs.push_back({.name = Text(key), .value = Text(value)});
  }
  return ask<protocol::CreateTopicsResponse>(request).topics.at(0).error_code;
}

protocol::ProduceResponse::PartitionProduceResponse BrokerTest::produce(
    std::string_view topic, std::string_view value, records::BatchOptions options) {
  records::BatchBuilder builder(options);
  builder.append({.timestamp = 1, .key = as_bytes("k"), .value = as_bytes(value)});
  protocol::ProduceRequest request;
  request.acks = -1;
  request.timeout_ms = 5'000;
  auto& data = request.topic_data.emplace_back();
  data.name = Text::view(topic);
  data.partition_data.emplace_back().records = std::move(builder).build();
  constexpr std::int16_t by_name = 11;
  auto response = ask<protocol::ProduceResponse>(request, by_name);
  return response.responses.at(0).partition_responses.at(0);
}

protocol::FetchResponse::PartitionData BrokerTest::fetch(std::string_view topic,
                                                         std::int64_t offset) {
  protocol::FetchRequest request;
  request.max_wait_ms = 0;
  request.max_bytes = 1 << 20;
  auto& wanted = request.topics.emplace_back();
  wanted.topic = Text::view(topic);
  auto& partition = wanted.partitions.emplace_back();
  partition.fetch_offset = Offset(offset);
  partition.partition_max_bytes = 1 << 20;
  constexpr std::int16_t by_name = 12;
  return ask<protocol::FetchResponse>(request, by_name).responses.at(0).partitions.at(0);
}

}  // namespace moldau::broker::testing
