#include "net/refusal_log.h"

#include <cstdint>
#include <utility>

#include "env/mutex.h"

namespace moldau::net {

namespace {
enum class Admission : std::uint8_t { said, first_counted, counted };
}

struct RefusalLog::State {
  explicit State(env::Log& to) : log(to) {}

  Admission admit(env::Worker& worker) {
    const MonoTime now = worker.now();
    const env::Lock lock(mutex);
    if (now >= window_end) {
      window_end = now + window;
      said = 0;
    }
    if (said < lines_max) {
      ++said;
      return Admission::said;
    }
    return counted++ == 0 ? Admission::first_counted : Admission::counted;
  }

  MonoTime end_of_window() {
    const env::Lock lock(mutex);
    return window_end;
  }

  void say_rest() {
    std::uint64_t count = 0;
    {
      const env::Lock lock(mutex);
      count = std::exchange(counted, 0);
    }
    if (count > 0) {
      log.warn("more connections closed for the like, not said one by one count={}", count);
    }
  }

  env::Log& log;
  env::Mutex mutex;
  MonoTime window_end GUARDED_BY(mutex){MonoTime::min()};
  int said GUARDED_BY(mutex){0};               // in this window
  std::uint64_t counted GUARDED_BY(mutex){0};  // and not said, since the last sum
};

RefusalLog::RefusalLog(env::Log& log) : state_(std::make_shared<State>(log)) {}
RefusalLog::~RefusalLog() = default;

void RefusalLog::add(env::Worker& worker, const ConnectionInfo& info, const Error& reason) {
  switch (state_->admit(worker)) {
    case Admission::said:
      state_->log.warn("connection closed remote={} listener={} reason=\"{}\"",
                       info.remote.to_string(), info.listener, reason.to_string());
      return;
    case Admission::first_counted:
      worker.call_at(state_->end_of_window(), [weak = std::weak_ptr(state_)] {
        if (const auto state = weak.lock()) state->say_rest();
      });
      return;
    case Admission::counted:
      return;
  }
}

void RefusalLog::say_rest() {
  state_->say_rest();
}

}  // namespace moldau::net
