#include "net/server.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace moldau::net {

namespace {
constexpr Duration accept_back_off = milliseconds(100);
constexpr Duration rejection_log_interval = std::chrono::seconds(1);
}  // namespace

/// The connections of one worker. The map is touched on that worker only.
class Server::Share final : public ConnectionHost {
 public:
  Share(Server& server, env::Worker& worker) : server_(server), worker_(worker), scope_(worker) {}

  env::Worker& worker() override { return worker_; }
  env::Scope& scope() override { return scope_; }
  env::Log& log() override { return server_.env_.log(); }
  RefusalLog& refusals() override { return server_.refusals_; }
  ByteBudget& budget() override { return server_.budget_; }
  SessionFactory& sessions() override { return server_.sessions_; }
  const ConnectionOptions& options() override { return server_.connection_options_; }
  Traffic& traffic() override { return traffic_; }

  void joined(const std::shared_ptr<Connection>& connection) override {
    connections_.emplace(connection->info().id, connection);
    if (draining_) connection->drain();
  }
  void left(Connection& connection) override {
    connections_.erase(connection.info().id);
    count.fetch_sub(1, std::memory_order_relaxed);
    server_.on_left(connection.info());
  }

  void drain() {
    draining_ = true;
    for (const auto& [id, connection] : connections_) connection->drain();
  }
  WorkerTraffic collect() const {
    constexpr auto relaxed = std::memory_order_relaxed;
    return {.connections = count.load(relaxed),
            .bytes_in = traffic_.bytes_in.load(relaxed),
            .bytes_out = traffic_.bytes_out.load(relaxed),
            .requests = traffic_.requests.load(relaxed),
            .pending_answers = traffic_.pending_answers.load(relaxed)};
  }

  std::atomic<std::int64_t> count{0};  // from admitted to left; any thread

 private:
  Server& server_;
  env::Worker& worker_;
  env::Scope scope_;
  Traffic traffic_;
  std::map<std::uint64_t, std::shared_ptr<Connection>> connections_;  // by id
  bool draining_{false};
};

/// A listener and its task. `stats` is guarded by the server's mutex.
struct Server::Acceptor {
  Acceptor(std::unique_ptr<env::Listener> opened, env::Worker& worker)
      : listener(std::move(opened)), scope(worker), slot(worker) {}
  const std::unique_ptr<env::Listener> listener;
  env::Scope scope;
  env::Signal slot;  // a connection has ended
  ListenerStats stats;
  MonoTime rejection_logged{MonoTime::min()};
};

Server::Server(env::Env& env, ByteBudget& budget, SessionFactory& sessions, ServerOptions options)
    : env_(env),
      budget_(budget),
      sessions_(sessions),
      refusals_(env.log(), "more connections closed for the like"),
      connection_options_(options.connection),
      limits_(std::move(options.limits)) {
  for (int i = 0; i < env.workers().count(); ++i) {
    shares_.push_back(std::make_unique<Share>(*this, env.workers().at(i)));
  }
}

Server::~Server() = default;

Result<env::Endpoint> Server::open(const ListenerOptions& options) {
  env::Worker& worker = env_.workers().at(next_worker_++ % env_.workers().count());
  auto listener = TRY(env_.transport().listen(options.endpoint, worker));
  auto acceptor = std::make_unique<Acceptor>(std::move(listener), worker);
  const env::Endpoint bound = acceptor->listener->local();
  acceptor->stats.name = options.name;
  acceptor->stats.endpoint = bound;
  acceptor->scope.spawn(accept_connections(*acceptor));
  const env::Lock lock(mutex_);
  acceptors_.push_back(std::move(acceptor));
  return bound;
}

env::Task<> Server::accept_connections(Acceptor& acceptor) {
  while (true) {
    Share* chosen = nullptr;
    auto stream = co_await acceptor.listener->accept([&]() -> env::Worker& {
      chosen = &least_loaded();
      return chosen->worker();
    });
    if (stream) {
      if (!co_await admit(acceptor, std::move(*stream), *chosen)) break;
      continue;
    }
    const Error& error = stream.error();
    if (error.code == Errc::cancelled || error.code == Errc::closed) break;
    env_.log().error("cannot accept connections listener={} error=\"{}\"", acceptor.stats.name,
                     error.to_string());
    {
      const env::Lock lock(mutex_);
      ++acceptor.stats.accept_errors;
    }
    env::Worker& worker = acceptor.scope.worker();
    if (!co_await env::sleep_until(worker, worker.now() + accept_back_off)) break;
  }
  acceptor.listener->close();
}

/// Returns when the connection is with its worker, or closed; an error when cancelled.
env::Task<Result<>> Server::admit(Acceptor& acceptor, std::unique_ptr<env::Stream> stream,
                                  Share& share) {
  ConnectionInfo info{.id = next_id_.fetch_add(1, std::memory_order_relaxed),
                      .listener = acceptor.stats.name,
                      .local = stream->local(),
                      .remote = stream->remote()};
  Result<> waited;
  Admission admission = try_admit(acceptor, info.remote.host);
  while (admission == Admission::wait && waited) {
    waited = co_await acceptor.slot.wait();
    if (waited) admission = try_admit(acceptor, info.remote.host);
  }
  if (admission == Admission::admitted) {
    share.count.fetch_add(1, std::memory_order_relaxed);
    auto connection = std::make_shared<Connection>(share, std::move(stream), std::move(info));
    share.scope().spawn(Connection::run(std::move(connection)));
  } else {
    if (admission == Admission::over_ip_max) reject(acceptor, info.remote.host);
    // The stream belongs to that worker.
    share.worker().post([refused = std::move(stream)] { refused->close(); });
  }
  co_return waited;
}

Server::Admission Server::try_admit(Acceptor& acceptor, const std::string& ip) {
  const env::Lock lock(mutex_);
  const auto found = by_ip_.find(ip);
  if ((found == by_ip_.end() ? 0 : found->second) >= limits_.per_ip(ip)) {
    ++acceptor.stats.rejected;
    return Admission::over_ip_max;
  }
  if (connections_ >= limits_.connections_max) return Admission::wait;
  ++by_ip_[ip];
  ++connections_;
  ++acceptor.stats.connections;
  ++acceptor.stats.accepted;
  return Admission::admitted;
}

void Server::reject(Acceptor& acceptor, const std::string& ip) {
  const MonoTime now = env_.clock().now();
  if (acceptor.rejection_logged != MonoTime::min() &&
      now - acceptor.rejection_logged < rejection_log_interval) {
    return;
  }
  acceptor.rejection_logged = now;
  std::int32_t per_ip_max = 0;
  {
    const env::Lock lock(mutex_);
    per_ip_max = limits_.per_ip(ip);
  }
  env_.log().info(
      "connection refused remote={} listener={} reason=\"it has {} connections, the "
      "most that one address may have\"",
      ip, acceptor.stats.name, per_ip_max);
}

std::int32_t ConnectionLimits::per_ip(const std::string& ip) const {
  const auto found = per_ip_overrides.find(ip);
  return found == per_ip_overrides.end() ? per_ip_max : found->second;
}

void Server::set_limits(ConnectionLimits limits) {
  const env::Lock lock(mutex_);
  limits_ = std::move(limits);
  // Whoever waits may be admitted now.
  for (const auto& acceptor : acceptors_) acceptor->slot.notify();
}

Server::Share& Server::least_loaded() {
  return **std::ranges::min_element(shares_, {}, [](const std::unique_ptr<Share>& share) {
    return share->count.load(std::memory_order_relaxed);
  });
}

void Server::on_left(const ConnectionInfo& info) {
  const env::Lock lock(mutex_);
  const auto found = by_ip_.find(info.remote.host);
  CHECK(found != by_ip_.end());
  if (--found->second == 0) by_ip_.erase(found);
  const bool was_full = connections_-- >= limits_.connections_max;
  for (const auto& acceptor : acceptors_) {
    if (acceptor->stats.name == info.listener) --acceptor->stats.connections;
    if (was_full) acceptor->slot.notify();
  }
  if (connections_ == 0 && all_left_) all_left_->notify();
}

env::Task<> Server::stop(MonoTime deadline) {
  std::vector<Acceptor*> acceptors;
  {
    const env::Lock lock(mutex_);
    for (const auto& acceptor : acceptors_) acceptors.push_back(acceptor.get());
  }
  for (Acceptor* const acceptor : acceptors) co_await acceptor->scope.stop();

  env::Worker* const here = env_.workers().current();
  CHECK(here != nullptr, "stop is for tasks");
  const auto all_left = std::make_shared<env::Signal>(*here);
  {
    const env::Lock lock(mutex_);
    all_left_ = all_left;
    if (connections_ == 0) all_left->notify();
  }
  for (const auto& share : shares_) share->worker().post([&part = *share] { part.drain(); });
  const Result<> drained = co_await all_left->wait_until(deadline);
  const std::int64_t left = drained ? 0 : connections_now();
  if (left > 0) env_.log().info("connections are cut off count={}", left);
  for (const auto& share : shares_) co_await share->scope().stop();
  refusals_.say_rest();
}

std::int64_t Server::connections_now() const {
  const env::Lock lock(mutex_);
  return connections_;
}

ServerStats Server::stats() const {
  ServerStats stats;
  stats.budget = budget_.stats();
  for (const auto& share : shares_) stats.workers.push_back(share->collect());
  const env::Lock lock(mutex_);
  for (const auto& acceptor : acceptors_) stats.listeners.push_back(acceptor->stats);
  return stats;
}

}  // namespace moldau::net
