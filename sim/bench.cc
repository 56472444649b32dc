#include "sim/bench.h"

namespace moldau::sim {

namespace {
constexpr Duration before_connecting_again = milliseconds(30);
}

env::Task<Result<>> Bench::pause(Duration duration) {
  return env::sleep_until(worker(), now() + duration);
}

Connection::Connection(Bench& bench, int actor, Duration timeout)
    : bench_(bench), actor_(actor), timeout_(timeout) {}

env::Task<Result<>> Connection::ensure() {
  while (client() == nullptr) {
    client_.reset();
    connected_at_ = bench_.now();
    const net::ClientOptions options{.client_id = fmt::format("actor-{}", actor_),
                                     .timeout = timeout_};
    auto connected = co_await net::Client::connect(bench_.env.transport(), bench_.worker(),
                                                   bench_.broker, options);
    if (connected) {
      client_ = std::move(*connected);
      number_ = bench_.history.next_connection();
      co_return Result<>();
    }
    if (connected.error().code == Errc::cancelled) co_return std::unexpected(connected.error());
    CO_TRY(co_await bench_.pause(before_connecting_again));
  }
  co_return Result<>();
}

void Connection::lost(MonoTime sent_at, const Error& error, std::string_view what) {
  client_.reset();
  const std::string text = fmt::format("{}: {}", what, error.to_string());
  switch (error.code) {
    case Errc::cancelled:
      return;
    case Errc::closed:
    case Errc::timed_out:
    case Errc::io:
    case Errc::truncated:  // the frame was cut off by the end of the connection
      return bench_.history.add(RequestLost{bench_.now(), actor_, sent_at, text, connected_at_});
    default:
      return bench_.history.add(AnswerImpossible{bench_.now(), text});
  }
}

}  // namespace moldau::sim
