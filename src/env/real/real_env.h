#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "env/env.h"

namespace moldau::env {

struct RealOptions {
  int workers{0};  ///< 0: as many as this process may use processors
  Level log_level{Level::info};
  /// Takes the log instead of standard error; must be thread-safe.
  std::function<void(Level, std::string_view)> log_sink;
};

/// Asio on epoll and the operating system. Idle, all its threads sleep. Ignores SIGPIPE for the
/// whole process, since sendfile cannot be told not to raise it.
///
/// Order of life: construct; build and spawn; `run` (or `start`); stop all scopes from a task,
/// which then calls `stop`; destroy what was built; destroy this.
class RealEnv final : public Env {
 public:
  explicit RealEnv(RealOptions options = {});
  /// Stops and joins.
  ~RealEnv() override;

  /// Starts the workers' threads. Once.
  void start();
  /// Starts the threads unless that was done, and returns when they have ended, after `stop`.
  void run();
  /// From any thread: the workers end after what they are in the middle of.
  void stop();

  Clock& clock() override;
  Workers& workers() override;
  Disk& disk() override;
  Transport& transport() override;
  Entropy& entropy() override;
  Log& log() override;
  std::unique_ptr<IoPool> make_pool(const std::string& name) override;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// Calls `on_signal` on the worker for every SIGINT and SIGTERM while it lives. Construct it before
/// the workers run or on the worker; destroy it on the worker or after the workers have ended.
class TerminationSignals {
 public:
  TerminationSignals(Worker& worker, std::function<void(int signal)> on_signal);
  ~TerminationSignals();
  TerminationSignals(const TerminationSignals&) = delete;
  TerminationSignals& operator=(const TerminationSignals&) = delete;

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with the wait under way
};

}  // namespace moldau::env
