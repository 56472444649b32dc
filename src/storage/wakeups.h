#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "base/ids.h"
#include "env/worker.h"

namespace moldau::storage {

/// How an append that somebody waits for has ended.
enum class AppendOutcome : std::uint8_t {
  done,    ///< its last offset is where the waiter wanted it (WaitFor)
  failed,  ///< it is not in the log, or may not survive: KAFKA_STORAGE_ERROR
};

/// Waits for appends. Shared, so that who gave up (a timeout, a closed connection) just lets go.
class AppendWaiter {
 public:
  explicit AppendWaiter(env::Worker& home) : home_(home) {}
  virtual ~AppendWaiter() = default;
  env::Worker& home() const { return home_; }

  /// On home(), exactly once per append that was answered with `pending`. `tag` is what the append
  /// was given.
  virtual void on_append_done(std::uint32_t tag, AppendOutcome outcome) = 0;

 private:
  env::Worker& home_;
};

/// What a flush round, a write or a failure has released, sorted by worker, so that each worker is
/// woken once. Filled under locks, posted outside them. Not thread-safe.
class Wakeups {
 public:
  explicit Wakeups(env::Workers& workers);
  /// Posts what is left.
  ~Wakeups();
  Wakeups(const Wakeups&) = delete;
  Wakeups& operator=(const Wakeups&) = delete;

  void add(std::shared_ptr<AppendWaiter> waiter, std::uint32_t tag, AppendOutcome outcome);
  /// Any other thing to run on `worker` with the same post.
  void add(env::Worker& worker, env::Job job);
  void post();

 private:
  struct Released {
    std::shared_ptr<AppendWaiter> waiter;
    std::uint32_t tag;
    AppendOutcome outcome;
  };
  struct Batch {
    std::vector<Released> appends;
    std::vector<env::Job> jobs;
  };
  Batch& of(env::Worker& worker);

  env::Workers& workers_;
  std::vector<Batch> batches_;  // by worker index
};

}  // namespace moldau::storage
