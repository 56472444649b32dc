#include "apps/cli/stop_signals.h"

#include <pthread.h>

namespace moldau::apps {
namespace {

sigset_t stopping() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

StopSignals::StopSignals() {
  const auto set = stopping();
  is_blocking_ = ::pthread_sigmask(SIG_BLOCK, &set, &before_) == 0;
}

StopSignals::~StopSignals() {
  restore();
}

bool StopSignals::asked() {
  if (!is_blocking_) return asked_;
  const auto set = stopping();
  constexpr timespec at_once{};
  if (::sigtimedwait(&set, nullptr, &at_once) <= 0) return asked_;
  asked_ = true;
  restore();
  return asked_;
}

void StopSignals::restore() {
  if (is_blocking_) ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  is_blocking_ = false;
}

}  // namespace moldau::apps
