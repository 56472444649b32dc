#include "apps/cli/stop_signals.h"

#include <poll.h>
#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>

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
  arrival_ = ::signalfd(-1, &set, SFD_CLOEXEC);
  // Without it a wait could not be ended: then they end the program, as ever.
  is_blocking_ = arrival_ >= 0 && ::pthread_sigmask(SIG_BLOCK, &set, &before_) == 0;
}

StopSignals::~StopSignals() {
  restore();
  if (arrival_ >= 0) ::close(arrival_);
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

bool StopSignals::wait_for_input(int file) {
  std::array waits{pollfd{.fd = file, .events = POLLIN, .revents = 0},
                   pollfd{.fd = arrival_, .events = POLLIN, .revents = 0}};
  while (!asked()) {
    // Interrupted by some other signal: again. Any other error is the reader's to find.
    if (::poll(waits.data(), waits.size(), -1) < 0 && errno != EINTR) return true;
    if (waits[0].revents != 0 && waits[1].revents == 0) return true;
  }
  return false;
}

void StopSignals::restore() {
  if (is_blocking_) ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  is_blocking_ = false;
}

}  // namespace moldau::apps
