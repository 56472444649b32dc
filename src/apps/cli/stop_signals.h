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
  /// Blocks until there is something to read from `file`, or its end, and returns true; or until
  /// one has come, and returns false.
  bool wait_for_input(int file);

 private:
  void restore();

  sigset_t before_{};
  int arrival_;  ///< a descriptor that can be read from when one has come
  bool is_blocking_{false};
  bool asked_{false};
};

}  // namespace moldau::apps
