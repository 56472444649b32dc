#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "base/prng.h"
#include "env/env.h"
#include "env/mutex.h"
#include "env/scope.h"
#include "env/timer_queue.h"
#include "tests/bench/micro/memory_disk.h"

namespace moldau::bench {

/// The one worker. Posts as the real one does, so that their cost is counted.
class MemoryWorker final : public env::Worker {
 public:
  explicit MemoryWorker(const MonoTime& now);
  int index() const override { return 0; }
  void post(env::Job job) override;
  env::TimerId call_at(MonoTime when, env::Job job) override;
  void cancel(env::TimerId timer) override { timers_.cancel(timer); }
  MonoTime now() const override { return now_; }
  boost::asio::any_io_executor executor() override { return context_.get_executor(); }

  /// Runs jobs and due timers until there is nothing left; true if there was something.
  bool run();
  std::optional<MonoTime> next_timer() const { return timers_.next(); }

 private:
  void drain();

  const MonoTime& now_;
  boost::asio::io_context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  env::Mutex mutex_;
  std::vector<env::Job> posted_ GUARDED_BY(mutex_);
  std::vector<env::Job> running_;
  env::TimerQueue timers_;
};

/// A world of one thread without kernel and clock: what runs in it takes the same instructions
/// every time. Time stands still until it is moved on; jobs run when they are told to.
class MemoryEnv final : public env::Env {
 public:
  MemoryEnv();
  ~MemoryEnv() override;

  env::Clock& clock() override { return clock_; }
  env::Workers& workers() override { return workers_; }
  env::Disk& disk() override { return disk_; }
  env::Transport& transport() override { return *transport_; }
  env::Entropy& entropy() override { return entropy_; }
  env::Log& log() override { return log_; }
  std::unique_ptr<env::IoPool> make_pool(const std::string& name) override;

  MemoryWorker& worker() { return worker_; }
  /// What is due on the worker, with what follows from that on the worker.
  bool run_worker() { return worker_.run(); }
  /// What has been submitted to pools, with what that submits.
  bool run_pools();
  /// Both, until nothing is left that is due now.
  void run_all();
  void advance(Duration time) { now_ += time; }
  /// A task from start to end, moving time on where it has to wait.
  void run(env::Task<> task);

 private:
  class Pool;
  class MemoryClock final : public env::Clock {
   public:
    explicit MemoryClock(const MonoTime& now) : now_(now) {}
    MonoTime now() const override { return now_; }
    WallMs wall() const override;

   private:
    const MonoTime& now_;
  };
  class MemoryWorkers final : public env::Workers {
   public:
    explicit MemoryWorkers(MemoryWorker& worker) : worker_(worker) {}
    int count() const override { return 1; }
    env::Worker& at(int) override { return worker_; }
    env::Worker* current() override { return on_pool ? nullptr : &worker_; }
    bool on_pool{false};

   private:
    MemoryWorker& worker_;
  };
  class MemoryEntropy final : public env::Entropy {
   public:
    void fill(MutBytes bytes) override {
      for (auto& byte : bytes) byte = static_cast<std::uint8_t>(prng_.next());
    }

   private:
    Prng prng_{1};
  };
  class MemoryLog final : public env::Log {
    bool enabled(env::Level level) const override { return level >= env::Level::warn; }
    void write(env::Level level, std::string_view line) override;
  };

  MonoTime now_{std::chrono::hours(1)};
  MemoryClock clock_{now_};
  MemoryWorker worker_{now_};
  MemoryWorkers workers_{worker_};
  MemoryDisk disk_;
  std::unique_ptr<env::Transport> transport_;
  MemoryEntropy entropy_;
  MemoryLog log_;
  std::deque<env::Job> pool_jobs_;
};

}  // namespace moldau::bench
