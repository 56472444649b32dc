#pragma once

#include <memory>

#include "base/error.h"
#include "base/time.h"
#include "env/log.h"
#include "env/worker.h"
#include "net/session.h"

namespace moldau::net {

/// Why connections were closed, one line for each, as long as somebody could read them: in every
/// `window` the first `lines_max` are said, the others are counted and their number is said when
/// the window is over. So ten thousand bad clients cost a hundred lines and their sum.
///
/// Thread-safe: the workers of a server share one. The log outlives it.
class RefusalLog {
 public:
  static constexpr int lines_max = 100;
  static constexpr Duration window = std::chrono::seconds(10);

  explicit RefusalLog(env::Log& log);
  ~RefusalLog();
  RefusalLog(const RefusalLog&) = delete;
  RefusalLog& operator=(const RefusalLog&) = delete;

  /// On `worker`, whose timer may say the sum.
  void add(env::Worker& worker, const ConnectionInfo& info, const Error& reason);
  /// Says the sum of what was only counted so far, if there is one.
  void say_rest();

 private:
  struct State;
  const std::shared_ptr<State> state_;  // timers that come too late find it gone
};

}  // namespace moldau::net
