#pragma once

#include <memory>
#include <string_view>

#include "base/error.h"
#include "base/time.h"
#include "env/log.h"
#include "env/worker.h"
#include "net/session.h"

namespace moldau::net {

/// What was refused, one line for each, as long as somebody could read them: in every `window` the
/// first `lines_max` are said, the others are counted and their number is said when the window is
/// over. So ten thousand bad clients cost a hundred lines and their sum.
///
/// Thread-safe: all workers share one. The log outlives it.
class RefusalLog {
 public:
  static constexpr int lines_max = 100;
  static constexpr Duration window = std::chrono::seconds(10);

  /// `rest` begins the line that says the sum: "more connections closed for the like".
  RefusalLog(env::Log& log, std::string_view rest);
  ~RefusalLog();
  RefusalLog(const RefusalLog&) = delete;
  RefusalLog& operator=(const RefusalLog&) = delete;

  /// Null: do not say this one, it is counted. Otherwise say one line to this log. On `worker`,
  /// whose timer may say the sum.
  env::Log* admit(env::Worker& worker);
  /// A connection that is closed, and why.
  void add(env::Worker& worker, const ConnectionInfo& info, const Error& reason);
  /// Says the sum of what was only counted so far, if there is one.
  void say_rest();

 private:
  struct State;
  const std::shared_ptr<State> state_;  // timers that come too late find it gone
};

}  // namespace moldau::net
