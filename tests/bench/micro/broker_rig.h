#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "broker/node.h"
#include "env/signal.h"
#include "net/client.h"
#include "net/session.h"
#include "protocol/header.h"
#include "tests/bench/micro/memory_env.h"

namespace moldau::bench {

/// A request as a connection reads it: without its size.
template <class Request>
SharedBytes request_frame(const Request& request, std::int16_t version) {
  protocol::Writer out;
  const protocol::RequestFrame frame{
      .correlation_id = 1, .client_id = Text("a-client"), .version = version};
  const auto encoded = protocol::encode_request_frame(frame, request, out);
  CHECK(encoded.has_value(), "a request does not encode: {}", encoded.error().to_string());
  const auto whole = out.take();
  return whole.slice(net::frame_prefix_bytes, whole.size() - net::frame_prefix_bytes);
}

/// What a client reads of an answer.
template <class Response>
protocol::Decoded<Response> decode_answer(const net::Answer& answer, std::int16_t version) {
  std::vector<std::uint8_t> frame;
  for (const auto& chunk : answer.chunks) {
    const auto bytes = std::get<SharedBytes>(chunk).bytes();
    frame.insert(frame.end(), bytes.begin(), bytes.end());
  }
  frame.erase(frame.begin(), frame.begin() + net::frame_prefix_bytes);
  auto decoded = net::Client::decode<Response>(SharedBytes::adopt(std::move(frame)), version);
  CHECK(decoded.has_value(), "an answer does not decode: {}", decoded.error().to_string());
  return std::move(*decoded);
}

/// A node in memory, with one topic of one partition.
class BrokerRig {
 public:
  BrokerRig();
  ~BrokerRig();
  BrokerRig(const BrokerRig&) = delete;
  BrokerRig& operator=(const BrokerRig&) = delete;

  broker::Broker& broker() { return node_->broker(); }
  const Uuid& topic_id() const { return topic_id_; }

  MemoryEnv env;

 private:
  void create_topic();

  std::unique_ptr<broker::Node> node_;
  Uuid topic_id_{};
};

/// What the reader and the writer of a connection do with frames and answers, without a stream. One
/// task carries the requests, from one wake-up to the next, as they come by one read.
class BrokerConnection {
 public:
  explicit BrokerConnection(BrokerRig& rig);
  ~BrokerConnection();
  BrokerConnection(const BrokerConnection&) = delete;
  BrokerConnection& operator=(const BrokerConnection&) = delete;

  /// Wakes the task, which runs with the worker.
  void send(std::vector<SharedBytes> frames);
  /// Finishes the pending answers, which must be ready.
  void finish_answers();
  /// Those of everything that was sent; there are no more from then on.
  std::vector<net::Answer> take_answers() { return std::exchange(answers_, {}); }

 private:
  struct Wakeup;
  env::Task<> serve();
  env::Task<> serve(SharedBytes frame);

  BrokerRig& rig_;
  std::unique_ptr<net::Session> session_;
  env::Signal more_;
  std::vector<SharedBytes> frames_;
  std::vector<std::unique_ptr<net::PendingAnswer>> pending_;
  std::vector<net::Answer> answers_;
  env::Scope scope_;
};

}  // namespace moldau::bench
