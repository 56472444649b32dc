#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/node.h"
#include "env/sim/world.h"
#include "net/client.h"
#include "protocol/header.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/produce.h"
#include "records/builder.h"

namespace moldau::broker::testing {

/// A broker on one simulated machine, which may lose its power, and clients on another.
class BrokerTest : public ::testing::Test {
 public:
  ~BrokerTest() override;

 protected:
  static constexpr std::uint16_t broker_port = 9092;
  static constexpr std::uint16_t controller_port = 9093;
  static constexpr std::int16_t latest = -1;

  BrokerTest();

  void start();
  /// For a start that may fail; then the machine is down again.
  Result<> try_start();
  /// SIGTERM.
  void stop();
  void power_cut();
  /// SIGKILL.
  void kill();
  /// At once when the disk has done so much more.
  void power_cut_after(std::uint64_t operations);
  bool is_up() const { return node_ != nullptr; }

  Node& node() { return *node_; }
  env::SimDiskState& disk() { return server_.disk(); }
  void run_for(Duration duration) { world_.run_for(duration); }

  /// The answer to one request, on a connection that stays, one per port. Texts in it stay valid.
  template <class Response, class Request>
  Response ask(const Request& request, std::int16_t version = latest,
               std::uint16_t port = broker_port) {
    if (version == latest) version = Request::info.latest_stable();
    protocol::Writer out;
    EXPECT_TRUE(protocol::encode_request_frame(
        {.correlation_id = next_correlation_id_++, .client_id = {}, .version = version}, request,
        out));
    const SharedBytes frame = exchange(out.take(), port);
    auto answer = net::Client::decode<Response>(frame, version);
    EXPECT_TRUE(answer) << answer.error().to_string();
    return answer ? std::move(answer->message) : Response{};
  }
  /// Whether the broker takes one more connection and answers on it.
  bool takes_a_connection();
  /// Runs a task on the broker's machine, on the worker of its node.
  void run_there(env::Task<> task);

  protocol::ErrorCode create(std::string_view name, std::int32_t partitions = 1,
                             const Properties& settings = {});
  protocol::ProduceResponse::PartitionProduceResponse produce(std::string_view topic,
                                                              std::string_view value,
                                                              records::BatchOptions options = {});
  protocol::FetchResponse::PartitionData fetch(std::string_view topic, std::int64_t offset);

  Properties properties_{embedded_properties("/data")};

 private:
  env::Worker& home() { return world_.node(1).env().workers().at(0); }
  env::Task<> live(env::Env& env, BrokerConfig config);
  void go_down(env::CrashKind kind);
  env::Task<Result<std::unique_ptr<net::Client>>> connect(std::uint16_t port);
  /// The response frame; empty after a failure of the test.
  SharedBytes exchange(SharedBytes frame, std::uint16_t port);
  env::Task<> exchange(SharedBytes frame, std::uint16_t port, Result<SharedBytes>& answer);
  env::Task<> try_connection(bool& taken);

  env::SimWorld world_{1};
  env::SimNode& server_;
  Node* node_{nullptr};  // of the life under way, once it has started
  env::Signal* stop_{nullptr};
  std::optional<Result<>> started_;
  std::map<std::uint16_t, std::unique_ptr<net::Client>> clients_;
  std::vector<SharedBytes> frames_;  // that answers are views of
  std::int32_t next_correlation_id_{0};
};

}  // namespace moldau::broker::testing
