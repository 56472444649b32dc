#include "storage/cleaners.h"

#include <algorithm>

namespace moldau::storage {

CleanerConfig Cleaners::config() const {
  env::Lock lock(mutex_);
  return config_;
}

void Cleaners::set_config(const CleanerConfig& config) {
  env::Lock lock(mutex_);
  config_ = config;
}

bool Cleaners::try_begin(const void* who, MonoTime now) {
  env::Lock lock(mutex_);
  const auto patience = milliseconds(2 * std::max<std::int64_t>(config_.backoff_ms, 1000));
  std::erase_if(waiting_,
                [&](const Waiting& one) { return one.who != who && one.asked + patience < now; });
  const auto place =
      std::ranges::find_if(waiting_, [&](const Waiting& one) { return one.who == who; });
  const auto before = std::distance(waiting_.begin(), place);
  if (config_.enabled && before < config_.threads - running_) {
    if (place != waiting_.end()) waiting_.erase(place);
    ++running_;
    return true;
  }
  if (place != waiting_.end()) {
    place->asked = now;
  } else {
    waiting_.push_back({who, now});
  }
  return false;
}

void Cleaners::end() {
  env::Lock lock(mutex_);
  --running_;
}

double Cleaners::rate() const {
  return std::max(config_.io_bytes_per_second, 1.0);
}

void Cleaners::settle(MonoTime now) {
  if (now <= as_of_) return;
  const std::chrono::duration<double> passed = now - as_of_;
  owed_bytes_ = std::max(0.0, owed_bytes_ - passed.count() * rate());
  as_of_ = now;
}

void Cleaners::note_io(std::uint64_t bytes, MonoTime begun) {
  env::Lock lock(mutex_);
  settle(begun);
  owed_bytes_ += static_cast<double>(bytes);
}

Duration Cleaners::pause(MonoTime now) {
  env::Lock lock(mutex_);
  settle(now);
  constexpr double longest_s = 3600;
  return Duration(static_cast<std::int64_t>(std::min(owed_bytes_ / rate(), longest_s) * 1e9));
}

}  // namespace moldau::storage
