#pragma once

#include <csignal>

namespace moldau::apps {

/// Takes SIGINT and SIGTERM while it lives, so that a loop can end in good order; after the first
/// one they end the program again. Make it before any thread is started, since threads inherit
/// what is blocked.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  /// Whether one has come. Does not block.
  bool asked();

 private:
  void restore();

  sigset_t before_{};
  bool is_blocking_{false};
  bool asked_{false};
};

}  // namespace moldau::apps
