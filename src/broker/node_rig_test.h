#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string_view>
#include <vector>

#include "broker/node.h"
#include "env/test_world.h"
#include "net/client.h"
#include "protocol/messages/create_topics.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/produce.h"
#include "records/builder.h"

/// For tests of a whole node in the simulated world. Include only from *_test.cc.
namespace moldau::broker {

using protocol::ErrorCode;

inline constexpr std::int16_t node_produce_version = 11;
inline constexpr std::uint16_t node_port = 9092;

/// A node on the simulated machine, and a client of it.
class NodeTest : public testing::Test {
 protected:
  void SetUp() override { start(); }
  void TearDown() override {
    if (node_ != nullptr) stop();
  }

  void start() {
    node_ = std::make_unique<Node>(world_.env(), config());
    world_.run(start_node());
    ASSERT_TRUE(started_) << started_.error().to_string();
  }
  void stop() {
    client_ = nullptr;
    world_.run(stop_node());
    node_ = nullptr;
  }

  template <class Response, class Request>
  Response ask(const Request& request, std::int16_t version = Request::info.latest_stable()) {
    Result<protocol::Decoded<Response>> answer = fail(Errc::closed);
    world_.run(exchange<Response>(request, version, answer));
    EXPECT_TRUE(answer) << answer.error().to_string();
    if (!answer) return {};
    keep_.push_back(answer->frame);
    return std::move(answer->message);
  }

  ErrorCode create(std::string_view name, std::int32_t partitions = 1) {
    protocol::CreateTopicsRequest request;
    auto& topic = request.topics.emplace_back();
    topic.name = Text::view(name);
    topic.num_partitions = partitions;
    topic.replication_factor = 1;
    return ask<protocol::CreateTopicsResponse>(request).topics.at(0).error_code;
  }

  protocol::ProduceResponse::PartitionProduceResponse produce(std::string_view topic,
                                                              SharedBytes batch,
                                                              std::int16_t acks = -1) {
    protocol::ProduceRequest request;
    request.acks = acks;
    request.timeout_ms = 5'000;
    auto& data = request.topic_data.emplace_back();
    data.name = Text::view(topic);
    data.partition_data.emplace_back().records = std::move(batch);
    auto response = ask<protocol::ProduceResponse>(request, node_produce_version);
    return response.responses.at(0).partition_responses.at(0);
  }

  protocol::FetchResponse::PartitionData fetch(std::string_view topic, std::int64_t offset) {
    protocol::FetchRequest request;
    request.max_wait_ms = 0;
    request.max_bytes = 1 << 20;
    auto& wanted = request.topics.emplace_back();
    wanted.topic = Text::view(topic);
    auto& partition = wanted.partitions.emplace_back();
    partition.fetch_offset = Offset(offset);
    partition.partition_max_bytes = 1 << 20;
    auto response = ask<protocol::FetchResponse>(request, 12);
    return response.responses.at(0).partitions.at(0);
  }

  static SharedBytes batch(std::string_view value, records::BatchOptions options = {}) {
    records::BatchBuilder builder(options);
    builder.append({.timestamp = 1, .key = as_bytes("k"), .value = as_bytes(value)});
    return std::move(builder).build();
  }
  static SharedBytes sequenced(std::int64_t producer, std::int32_t sequence) {
    return batch("v", {.producer_id = ProducerId(producer),
                       .producer_epoch = ProducerEpoch(0),
                       .base_sequence = sequence});
  }

  Node& node() { return *node_; }
  env::SimDiskState& disk() { return world_.world().node(0).disk(); }
  env::Env& env() { return world_.env(); }
  void run(env::Task<> task) { world_.run(std::move(task)); }
  void run_for(Duration duration) { world_.world().run_for(duration); }
  void after(Duration delay, env::Job job) {
    auto& worker = world_.env().workers().at(0);
    worker.call_at(worker.now() + delay, std::move(job));
  }

 private:
  static BrokerConfig config() {
    auto properties = embedded_properties("/data/broker");
    properties["auto.create.topics.enable"] = "true";
    return BrokerConfig::make(StaticConfig::make(properties).value()).value();
  }
  env::Task<> start_node() { started_ = co_await node_->start(); }
  env::Task<> stop_node() {
    co_await node_->stop(world_.env().clock().now() + std::chrono::seconds(20));
  }
  template <class Response, class Request>
  env::Task<> exchange(Request request, std::int16_t version,
                       Result<protocol::Decoded<Response>>& answer) {
    if (client_ == nullptr || !client_->is_open()) {
      auto connected =
          co_await net::Client::connect(world_.env().transport(), world_.env().workers().at(0),
                                        {.host = "127.0.0.1", .port = node_port}, {});
      if (!connected) {
        answer = std::unexpected(connected.error());
        co_return;
      }
      client_ = std::move(*connected);
    }
    answer = co_await client_->call<Response>(std::move(request), version);
  }

  env::SimTestWorld world_;
  std::unique_ptr<Node> node_;
  Result<> started_;
  std::unique_ptr<net::Client> client_;
  std::vector<SharedBytes> keep_;  // frames that answers are views of
};

}  // namespace moldau::broker
