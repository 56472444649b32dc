#include "storage/cleaners.h"

#include <algorithm>

namespace moldau::storage {

namespace {

/// How long so much I/O may take at least.
Duration time_for(std::uint64_t bytes, double bytes_per_second) {
  constexpr double longest_s = 3600;
  const auto seconds = static_cast<double>(bytes) / std::max(bytes_per_second, 1.0);
  return Duration(static_cast<std::int64_t>(std::min(seconds, longest_s) * 1e9));
}

}  // namespace

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

MonoTime Cleaners::pay(std::uint64_t bytes, MonoTime begun) {
  env::Lock lock(mutex_);
  paid_until_ = std::max(paid_until_, begun) + time_for(bytes, config_.io_bytes_per_second);
  return paid_until_;
}

}  // namespace moldau::storage
