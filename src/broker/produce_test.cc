// Produce through a session of the broker, as a connection drives it.
#include <gtest/gtest.h>

#include "broker/test_broker.h"
#include "env/scope.h"
#include "net/frame.h"
#include "net/session.h"
#include "storage/log.h"

namespace moldau::broker::testing {
namespace {

using protocol::ProduceRequest;
using protocol::ProduceResponse;

constexpr std::int16_t by_name = 11;

class ProduceTest : public BrokerTest {
 protected:
  struct Wakeup final : net::Wakeup {
    explicit Wakeup(env::Worker& worker) : home(worker) {}
    void wake() override {}
    env::Worker& worker() override { return home; }
    env::Worker& home;
  };

  std::unique_ptr<net::Session> open_session() {
    auto& broker = node().broker();
    const net::ConnectionInfo info{
        .id = 1, .listener = "PLAINTEXT", .local = {.host = "", .port = broker_port}, .remote = {}};
    return broker.open(info, std::make_shared<Wakeup>(broker.env().workers().at(0)));
  }

  static SharedBytes frame(std::string_view value, PartitionId partition = PartitionId(0)) {
    records::BatchBuilder builder({});
    builder.append({.timestamp = 1, .value = as_bytes(value)});
    ProduceRequest request;
    request.acks = -1;
    request.timeout_ms = 60'000;
    auto& topic = request.topic_data.emplace_back();
    topic.name = Text("t");
    topic.partition_data.push_back({.index = partition, .records = std::move(builder).build()});
    protocol::Writer out;
    EXPECT_TRUE(protocol::encode_request_frame(
        {.correlation_id = 1, .client_id = {}, .version = by_name}, request, out));
    const SharedBytes whole = out.take();
    return whole.slice(net::frame_prefix_bytes, whole.size() - net::frame_prefix_bytes);
  }

  static ProduceResponse::PartitionProduceResponse response_in(net::Answer answer) {
    const auto& chunk = std::get<SharedBytes>(answer.chunks.at(0));
    const auto bytes = chunk.slice(net::frame_prefix_bytes, chunk.size() - net::frame_prefix_bytes);
    const auto decoded = net::Client::decode<ProduceResponse>(bytes, by_name);
    EXPECT_TRUE(decoded);
    return decoded->message.responses.at(0).partition_responses.at(0);
  }

  using Pending = std::vector<std::unique_ptr<net::PendingAnswer>>;

  /// One request of `late` finds room, then `other` fills the queue before it begins.
  env::Task<> overtake(net::Session& late, net::Session& other, Pending& answers, Pending& others) {
    const storage::Log& log = *node().broker().partitions().find("t", PartitionId(0))->log_ptr();
    const SharedBytes first = frame("first");
    EXPECT_TRUE(co_await late.wait_for_room(first));
    const SharedBytes large = frame(std::string(1'000'000, 'x'));
    while (log.has_room()) {
      EXPECT_TRUE(co_await other.wait_for_room(large));
      others.push_back(other.begin(large));
    }
    const Offset full = log.assigned_end();
    answers.push_back(late.begin(first));
    EXPECT_EQ(log.assigned_end(), full) << "it was not deferred";

    const SharedBytes second = frame("second", PartitionId(1));  // where there is room
    EXPECT_TRUE(co_await late.wait_for_room(second));
    EXPECT_GT(log.assigned_end(), full) << "the next one did not wait";
    answers.push_back(late.begin(second));
    ended_ = true;
  }

  bool ended_{false};
};

TEST_F(ProduceTest, the_next_request_waits_for_one_that_found_the_queue_full) {
  start();
  ASSERT_EQ(create("t", 2), protocol::ErrorCode::none);
  const auto late = open_session();
  const auto other = open_session();
  Pending answers;
  Pending others;
  env::Scope scope(node().broker().env().workers().at(0));
  scope.spawn(overtake(*late, *other, answers, others));
  run_for(std::chrono::seconds(10));
  EXPECT_TRUE(ended_) << "it waits for ever";
  bool drained = false;
  scope.stop_then([&drained] { drained = true; });
  run_for(std::chrono::seconds(1));
  ASSERT_TRUE(drained);

  for (const auto& answer : answers) {
    ASSERT_TRUE(answer->ready(MonoTime{}));
    EXPECT_EQ(response_in(answer->finish()).error_code, protocol::ErrorCode::none);
  }
}

}  // namespace
}  // namespace moldau::broker::testing
