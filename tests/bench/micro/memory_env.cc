#include "tests/bench/micro/memory_env.h"

#include <boost/asio/post.hpp>
#include <cstdio>

#include "base/check.h"
#include "env/coroutine.h"
#include "env/signal.h"

namespace moldau::bench {

namespace {

constexpr std::int64_t wall_start_ms = 1'700'000'000'000;

/// A listener that nobody comes to.
class QuietListener final : public env::Listener {
 public:
  QuietListener(env::Endpoint local, env::Worker& worker)
      : local_(std::move(local)), closed_(worker) {}
  env::Task<Result<std::unique_ptr<env::Stream>>> accept(
      const std::function<env::Worker&()>&) override {
    CO_TRY(co_await closed_.wait());
    co_return fail(Errc::closed);
  }
  env::Endpoint local() const override { return local_; }
  void close() override { closed_.notify(); }

 private:
  const env::Endpoint local_;
  env::Signal closed_;
};

class QuietTransport final : public env::Transport {
 public:
  Result<std::unique_ptr<env::Listener>> listen(const env::Endpoint& endpoint,
                                                env::Worker& worker) override {
    return std::make_unique<QuietListener>(endpoint, worker);
  }
  env::Task<Result<std::unique_ptr<env::Stream>>> connect(const env::Endpoint&, env::Worker&,
                                                          MonoTime) override {
    co_return fail(Errc::not_found);
  }
};

env::Task<> mark_end(env::Task<> task, bool& ended) {
  co_await std::move(task);
  ended = true;
}

}  // namespace

MemoryWorker::MemoryWorker(const MonoTime& now)
    : now_(now), work_(boost::asio::make_work_guard(context_)) {
  boost::asio::make_service<env::detail::WorkerTag>(context_, *this);
}

void MemoryWorker::post(env::Job job) {
  bool first = false;
  {
    const env::Lock lock(mutex_);
    first = posted_.empty();
    posted_.push_back(std::move(job));
  }
  if (first) boost::asio::post(context_, [this] { drain(); });
}

void MemoryWorker::drain() {
  {
    const env::Lock lock(mutex_);
    running_.swap(posted_);
  }
  for (auto& job : running_) std::exchange(job, env::Job{})();
  running_.clear();
}

env::TimerId MemoryWorker::call_at(MonoTime when, env::Job job) {
  return timers_.add(when, std::move(job));
}

bool MemoryWorker::run() {
  bool any = false;
  while (true) {
    if (context_.poll() > 0) {
      any = true;
    } else if (const auto timer = timers_.next(); timer && *timer <= now_) {
      timers_.run_due(now_);
      any = true;
    } else {
      return any;
    }
  }
}

/// Jobs of all pools stand in one queue.
class MemoryEnv::Pool final : public env::IoPool {
 public:
  explicit Pool(MemoryEnv& env) : env_(env) {}
  ~Pool() override { env_.run_pools(); }
  void submit(env::IoClass, env::Job job) override { env_.pool_jobs_.push_back(std::move(job)); }
  int threads(env::IoClass) const override { return 1; }
  std::size_t queued(env::IoClass) const override { return env_.pool_jobs_.size(); }

 private:
  MemoryEnv& env_;
};

WallMs MemoryEnv::MemoryClock::wall() const {
  return WallMs{wall_start_ms + to_ms(now_.time_since_epoch())};
}

void MemoryEnv::MemoryLog::write(env::Level, std::string_view line) {
  fmt::print(stderr, "{}\n", line);
}

MemoryEnv::MemoryEnv() : transport_(std::make_unique<QuietTransport>()) {}
MemoryEnv::~MemoryEnv() = default;

std::unique_ptr<env::IoPool> MemoryEnv::make_pool(const std::string&) {
  return std::make_unique<Pool>(*this);
}

bool MemoryEnv::run_pools() {
  const bool any = !pool_jobs_.empty();
  const bool nested = std::exchange(workers_.on_pool, true);
  while (!pool_jobs_.empty()) {
    auto job = std::move(pool_jobs_.front());
    pool_jobs_.pop_front();
    job();
  }
  workers_.on_pool = nested;
  return any;
}

void MemoryEnv::run_all() {
  while (run_worker() || run_pools()) {
  }
}

void MemoryEnv::run(env::Task<> task) {
  bool ended = false;
  env::Scope scope(worker_);
  scope.spawn(mark_end(std::move(task), ended));
  run_all();
  while (!ended) {
    const auto next = worker_.next_timer();
    CHECK(next, "a task waits for nothing that could come");
    now_ = std::max(now_, *next);
    run_all();
  }
  bool drained = false;
  scope.stop_then([&drained] { drained = true; });
  run_all();
  CHECK(drained, "a task does not end");
}

}  // namespace moldau::bench
