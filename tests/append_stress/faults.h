#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include "base/prng.h"
#include "env/env.h"
#include "storage/test_hooks.h"

namespace moldau::stress {

using storage::testing::DiskCall;

/// What goes wrong, and where threads give way to others. Thread-safe.
class Faults {
 public:
  explicit Faults(std::uint64_t seed) : seed_(seed) {}

  /// So many of the next writes to the clients' logs find the disk full, half-way.
  std::atomic<int> full_writes{0};
  /// The next sync of a file fails.
  std::atomic<bool> sync_fails{false};
  /// The next write takes so long.
  std::atomic<int> slow_write_ms{0};
  /// Called in the middle of writes below this directory; set before the first append.
  std::string blocked_directory;
  std::function<void()> while_writing;

  storage::testing::DiskHook hook() {
    return [this](DiskCall call, const std::string& path) { return on_call(call, path); };
  }

  /// A named point: gives way by a chance that follows from the seed, the point and the thread.
  void point(std::string_view name) {
    auto& prng = prng_of_thread();
    const auto roll = prng.split(name).next() ^ prng.next();
    if (roll % 8 == 0) std::this_thread::yield();
    if (roll % 64 == 0) std::this_thread::sleep_for(std::chrono::microseconds(roll / 64 % 300));
  }

 private:
  std::optional<Error> on_call(DiskCall call, const std::string& path) {
    static constexpr std::array<std::string_view, 9> names = {
        "write",    "read",    "sync",          "sync_names", "sync_all",
        "truncate", "reserve", "reserve_ahead", "names"};
    point(names[static_cast<std::size_t>(call)]);
    if (call == DiskCall::write) {
      if (!blocked_directory.empty() && path.starts_with(blocked_directory)) while_writing();
      if (const auto ms = slow_write_ms.exchange(0)) {
        std::this_thread::sleep_for(std::chrono::milliseconds(ms));
      }
      if (path.find("/c-") != std::string::npos && path.ends_with(".log") && take(full_writes)) {
        return Error{.code = Errc::no_space, .context = "planned"};
      }
    }
    if ((call == DiskCall::sync || call == DiskCall::sync_all) && sync_fails.exchange(false)) {
      // The fallback of a failed syncfs must fail too.
      if (call == DiskCall::sync_all) sync_fails = true;
      return Error{.code = Errc::io, .context = "planned"};
    }
    return std::nullopt;
  }

  static bool take(std::atomic<int>& count) {
    auto left = count.load();
    while (left > 0) {
      if (count.compare_exchange_weak(left, left - 1)) return true;
    }
    return false;
  }

  Prng& prng_of_thread() {
    static std::atomic<std::uint64_t> threads{0};
    thread_local Prng prng(seed_ + 0x9e3779b97f4a7c15ULL * ++threads);
    return prng;
  }

  const std::uint64_t seed_;
};

/// A pool whose jobs begin with a named point.
class YieldingPool final : public env::IoPool {
 public:
  YieldingPool(std::unique_ptr<env::IoPool> pool, Faults& faults)
      : pool_(std::move(pool)), faults_(faults) {}
  void submit(env::IoClass io_class, env::Job job) override {
    faults_.point("submit");
    pool_->submit(io_class, with_points(std::move(job)));
  }
  void follow(env::IoClass io_class, env::Job job) override {
    faults_.point("follow");
    pool_->follow(io_class, with_points(std::move(job)));
  }
  int threads(env::IoClass io_class) const override { return pool_->threads(io_class); }
  std::size_t queued(env::IoClass io_class) const override { return pool_->queued(io_class); }

 private:
  env::Job with_points(env::Job job) {
    return [this, job = std::move(job)]() mutable {
      faults_.point("job");
      job();
      faults_.point("job done");
    };
  }

  std::unique_ptr<env::IoPool> pool_;
  Faults& faults_;
};

class FaultyEnv final : public env::Env {
 public:
  FaultyEnv(env::Env& inner, Faults& faults)
      : inner_(inner), faults_(faults), hook_(faults.hook()), disk_(inner.disk(), hook_) {}
  env::Clock& clock() override { return inner_.clock(); }
  env::Workers& workers() override { return inner_.workers(); }
  env::Disk& disk() override { return disk_; }
  env::Transport& transport() override { return inner_.transport(); }
  env::Entropy& entropy() override { return inner_.entropy(); }
  env::Log& log() override { return inner_.log(); }
  std::unique_ptr<env::IoPool> make_pool(const std::string& name) override {
    return std::make_unique<YieldingPool>(inner_.make_pool(name), faults_);
  }

 private:
  env::Env& inner_;
  Faults& faults_;
  storage::testing::DiskHook hook_;
  storage::testing::HookedDisk disk_;
};

}  // namespace moldau::stress
