#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/time.h"
#include "env/signal.h"
#include "env/task.h"
#include "env/transport.h"
#include "env/worker.h"
#include "net/frame.h"
#include "protocol/header.h"

namespace moldau::net {

struct ClientOptions {
  std::string client_id{"moldau"};
  std::int32_t frame_bytes_max{100 << 20};     ///< of a response
  Duration timeout{std::chrono::seconds(30)};  ///< of one request, from submit to its response
};

/// One connection to a broker, ours or another. Requests may be pipelined: by several tasks that
/// call at once, or by one that submits several and then receives. The broker answers in order.
/// A request that times out, or an answer that does not fit, ends the connection, as in Kafka's
/// clients: everything under way and everything later fails with the same error.
///
/// All calls on one worker. No task of its own: who waits for an answer writes and reads for the
/// others, too. Nobody may be inside a call when it is destroyed.
class Client {
 public:
  static env::Task<Result<std::unique_ptr<Client>>> connect(env::Transport& transport,
                                                            env::Worker& worker,
                                                            env::Endpoint endpoint,
                                                            ClientOptions options);

  Client(std::unique_ptr<env::Stream> stream, env::Worker& worker, ClientOptions options);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// One request and its response, encoded in `version`. Errors: encode's, exchange's, decode's.
  template <protocol::Message Response, protocol::Message Request>
  env::Task<Result<protocol::Decoded<Response>>> call(Request request, std::int16_t version);

  /// The frame of a request, size included, with a fresh correlation id.
  template <protocol::Message Request>
  Result<SharedBytes> encode(const Request& request, std::int16_t version);
  /// The body of a response frame.
  template <protocol::Message Response>
  static Result<protocol::Decoded<Response>> decode(SharedBytes frame, std::int16_t version);

  /// A whole request frame, size included; the response frame, without its size. The correlation
  /// ids must match. Errors: closed, timed_out, cancelled, io, corrupt, and of frame_size.
  env::Task<Result<SharedBytes>> exchange(SharedBytes frame);
  /// A request that has no answer (Produce with acks=0).
  env::Task<Result<>> send_only(SharedBytes frame);

  class Ticket;
  /// Puts a request in the line; it is written with the next call that waits.
  Ticket submit(SharedBytes frame);
  /// Once per ticket; in any order.
  env::Task<Result<SharedBytes>> receive(Ticket ticket);

  void close() { end(Error{Errc::closed, {}}); }
  bool is_open() const { return !ended_.has_value(); }
  env::Endpoint local() const { return stream_->local(); }
  env::Endpoint remote() const { return stream_->remote(); }

 private:
  struct Request;

  env::Task<Result<>> flush();
  env::Task<> read_next();
  void deliver(SharedBytes frame);
  void end(Error reason);

  const std::unique_ptr<env::Stream> stream_;
  env::Worker& worker_;
  const ClientOptions options_;
  FrameReader reader_;
  std::int32_t next_correlation_id_{0};
  std::vector<SharedBytes> outbox_;                   // not yet written
  std::deque<std::shared_ptr<Request>> outstanding_;  // without a response; in order
  bool writing_{false};
  bool reading_{false};
  std::optional<Error> ended_;  // why the stream was closed
};

/// A request under way. Copies refer to the same.
class Client::Ticket {
 public:
  Ticket() = default;

 private:
  friend class Client;
  explicit Ticket(std::shared_ptr<Request> request) : request_(std::move(request)) {}
  std::shared_ptr<Request> request_;
};

template <protocol::Message Request>
Result<SharedBytes> Client::encode(const Request& request, std::int16_t version) {
  protocol::Writer out;
  TRY(protocol::encode_request_frame({.correlation_id = next_correlation_id_++,
                                      .client_id = Text::view(options_.client_id),
                                      .version = version},
                                     request, out));
  return out.take();
}

template <protocol::Message Response>
Result<protocol::Decoded<Response>> Client::decode(SharedBytes frame, std::int16_t version) {
  const auto header = TRY(protocol::decode_response_header<Response>(frame, version));
  return protocol::decode<Response>(std::move(frame), version, header.end);
}

template <protocol::Message Response, protocol::Message Request>
env::Task<Result<protocol::Decoded<Response>>> Client::call(Request request, std::int16_t version) {
  SharedBytes frame = CO_TRY(encode(request, version));
  SharedBytes answer = CO_TRY(co_await exchange(std::move(frame)));
  co_return decode<Response>(std::move(answer), version);
}

}  // namespace moldau::net
