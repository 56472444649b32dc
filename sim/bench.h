#pragma once

#include <memory>
#include <string>

#include "env/env.h"
#include "env/signal.h"
#include "net/client.h"
#include "sim/history.h"
#include "sim/scenario.h"

namespace moldau::sim {

/// What all clients of a run share. They live on worker 0 of the clients' machine.
struct Bench {
  env::Env& env;
  History& history;
  const Scenario& scenario;
  env::Endpoint broker;
  bool producing{true};  ///< false: producers bring to an end what they have begun
  bool consuming{true};  ///< false: consumers, groups and the admin rest
  bool steady{false};    ///< members of groups stay where they are
  MonoTime steady_since{};
  int commits_sent{0};  ///< of offsets; the last one by a member of
  int last_commit_of{0};

  env::Worker& worker() { return env.workers().at(0); }
  MonoTime now() { return env.clock().now(); }
  /// Suspends. Errors: cancelled.
  env::Task<Result<>> pause(Duration duration);
};

/// One actor's connection to the broker, made again whenever it is lost.
class Connection {
 public:
  Connection(Bench& bench, int actor, Duration timeout);

  /// Returns when there is a connection. Errors: cancelled.
  env::Task<Result<>> ensure();
  /// null: there is none.
  net::Client* client() { return client_ && client_->is_open() ? client_.get() : nullptr; }
  int number() const { return number_; }
  /// The next call connects again.
  void forget() { client_.reset(); }
  /// Puts the loss into the history, unless the scope is being stopped, and forgets the connection.
  void lost(MonoTime sent_at, const Error& error, std::string_view what);

  /// One request and its answer. Errors: cancelled; anything else is in the history already.
  template <protocol::Message Response, protocol::Message Request>
  env::Task<Result<protocol::Decoded<Response>>> call(Request request, std::int16_t version);

 private:
  Bench& bench_;
  const int actor_;
  const Duration timeout_;
  std::unique_ptr<net::Client> client_;
  int number_{0};
  MonoTime connected_at_{MonoTime::max()};
};

template <protocol::Message Response, protocol::Message Request>
env::Task<Result<protocol::Decoded<Response>>> Connection::call(Request request,
                                                                std::int16_t version) {
  CO_TRY(co_await ensure());
  const MonoTime sent_at = bench_.now();
  auto answer = co_await client_->call<Response>(std::move(request), version);
  if (!answer) lost(sent_at, answer.error(), Request::info.name);
  co_return answer;
}

}  // namespace moldau::sim
