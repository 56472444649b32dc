#include "tests/bench/micro/broker_rig.h"

#include "protocol/messages/create_topics.h"

namespace moldau::bench {

namespace {

constexpr std::string_view topic_name = "a.topic.with.a.name";

env::Task<> start_node(broker::Node& node) {
  const auto started = co_await node.start();
  CHECK(started.has_value(), "the broker does not start: {}", started.error().to_string());
}

broker::BrokerConfig config_in_memory() {
  auto properties = StaticConfig::make(embedded_properties("/data"));
  CHECK(properties.has_value(), "{}", properties.error().to_string());
  auto config = broker::BrokerConfig::make(std::move(*properties));
  CHECK(config.has_value(), "{}", config.error().to_string());
  return std::move(*config);
}

}  // namespace

BrokerRig::BrokerRig() : node_(std::make_unique<broker::Node>(env, config_in_memory())) {
  env.run(start_node(*node_));
  create_topic();
}

BrokerRig::~BrokerRig() {
  env.run(node_->stop(MonoTime::max()));
  node_.reset();
  env.run_all();
}

void BrokerRig::create_topic() {
  protocol::CreateTopicsRequest request;
  request.timeout_ms = 30'000;
  auto& topic = request.topics.emplace_back();
  topic.name = Text::view(topic_name);
  topic.num_partitions = 1;
  topic.replication_factor = 1;
  const auto version = protocol::CreateTopicsRequest::info.latest_stable();
  BrokerConnection connection(*this);
  connection.send({request_frame(request, version)});
  env.run_all();
  const auto answers = connection.take_answers();
  CHECK(answers.size() == 1, "no answer to CreateTopics");
  const auto answer = decode_answer<protocol::CreateTopicsResponse>(answers.front(), version);
  const auto& created = answer->topics.at(0);
  CHECK(created.error_code == protocol::ErrorCode::none, "no topic: {}", created.error_code);
  topic_id_ = created.topic_id;
}

/// Whoever sends looks for itself whether pending answers are ready.
struct BrokerConnection::Wakeup final : net::Wakeup {
  explicit Wakeup(env::Worker& worker) : home(worker) {}
  void wake() override {}
  env::Worker& worker() override { return home; }
  env::Worker& home;
};

BrokerConnection::BrokerConnection(BrokerRig& rig)
    : rig_(rig),
      session_(rig.broker().open({.id = 1,
                                  .listener = "PLAINTEXT",
                                  .local = {.host = "127.0.0.1", .port = 9092},
                                  .remote = {.host = "127.0.0.1", .port = 40'000}},
                                 std::make_shared<Wakeup>(rig.env.worker()))),
      more_(rig.env.worker()),
      scope_(rig.env.worker()) {
  scope_.spawn(serve());
  rig_.env.run_worker();
}

BrokerConnection::~BrokerConnection() {
  bool ended = false;
  scope_.stop_then([&ended] { ended = true; });
  rig_.env.run_all();
  CHECK(ended, "a connection does not end");
}

void BrokerConnection::send(std::vector<SharedBytes> frames) {
  frames_ = std::move(frames);
  more_.notify();
}

env::Task<> BrokerConnection::serve() {
  while (co_await more_.wait()) {
    for (auto& frame : std::exchange(frames_, {})) co_await serve(std::move(frame));
  }
}

env::Task<> BrokerConnection::serve(SharedBytes frame) {
  if (session_->road(frame) == net::Session::Road::pipelined) {
    const auto room = co_await session_->wait_for_room(frame);
    CHECK(room.has_value(), "a request was refused: {}", room.error().to_string());
    pending_.push_back(session_->begin(std::move(frame)));
    co_return;
  }
  auto answer = co_await session_->handle(std::move(frame));
  if (!answer && answer.error().code == Errc::cancelled) co_return;
  CHECK(answer.has_value(), "a request was refused: {}", answer.error().to_string());
  answers_.push_back(std::move(*answer));
}

void BrokerConnection::finish_answers() {
  const auto now = rig_.env.clock().now();
  for (auto& answer : pending_) {
    CHECK(answer->ready(now), "an answer is not ready");
    answers_.push_back(answer->finish());
  }
  pending_.clear();
}

}  // namespace moldau::bench
