#include "net/refusal_log.h"

#include <cstdint>
#include <string>
#include <utility>

#include "env/mutex.h"

namespace moldau::net {

namespace {
enum class Admission : std::uint8_t { said, first_counted, counted };
}

struct RefusalLog::State {
  State(env::Log& to, std::string_view what) : log(to), rest(what) {}

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
      log.warn("{}, not said one by one count={}", rest, count);
    }
  }

  env::Log& log;
  const std::string rest;
  env::Mutex mutex;
  MonoTime window_end GUARDED_BY(mutex){MonoTime::min()};
  int said GUARDED_BY(mutex){0};               // in this window
  std::uint64_t counted GUARDED_BY(mutex){0};  // and not said, since the last sum
};

RefusalLog::RefusalLog(env::Log& log, std::string_view rest)
    : state_(std::make_shared<State>(log, rest)) {}
RefusalLog::~RefusalLog() = default;

env::Log* RefusalLog::admit(env::Worker& worker) {
  const Admission admission = state_->admit(worker);
  if (admission == Admission::said) return &state_->log;
  if (admission == Admission::first_counted) {
    worker.call_at(state_->end_of_window(), [weak = std::weak_ptr(state_)] {
      if (const auto state = weak.lock()) state->say_rest();
    });
  }
  return nullptr;
}

void RefusalLog::add(env::Worker& worker, const ConnectionInfo& info, const Error& reason) {
  if (env::Log* log = admit(worker)) {
    log->warn("connection closed remote={} listener={} reason=\"{}\"", info.remote.to_string(),
              info.listener, reason.to_string());
  }
}

void RefusalLog::say_rest() {
  state_->say_rest();
}

}  // namespace moldau::net
