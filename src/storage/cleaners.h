#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "base/thread_annotations.h"
#include "env/mutex.h"

namespace moldau::storage {

/// `log.cleaner.*` (docs/compaction.md).
struct CleanerConfig {
  bool enabled{true};
  int threads{1};  ///< directories that are cleaned at the same time
  std::int64_t backoff_ms{15'000};
  std::int64_t dedupe_buffer_bytes{std::int64_t{128} << 20};  ///< of all of them together
  double load_factor{0.9};
  std::int64_t io_buffer_bytes{524'288};
  double io_bytes_per_second{std::numeric_limits<double>::max()};  ///< read and written, of each
};

/// What the cleaners of a node's log directories have in common. Thread-safe.
class Cleaners {
 public:
  CleanerConfig config() const {
    env::Lock lock(mutex_);
    return config_;
  }
  void set_config(const CleanerConfig& config) {
    env::Lock lock(mutex_);
    config_ = config;
  }
  /// False: as many run as may. True is to be followed by end().
  bool try_begin() {
    env::Lock lock(mutex_);
    if (!config_.enabled || running_ >= config_.threads) return false;
    ++running_;
    return true;
  }
  void end() {
    env::Lock lock(mutex_);
    --running_;
  }

 private:
  mutable env::Mutex mutex_;
  CleanerConfig config_ GUARDED_BY(mutex_);
  int running_ GUARDED_BY(mutex_){0};
};

}  // namespace moldau::storage
