#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "base/thread_annotations.h"
#include "base/time.h"
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
  double io_bytes_per_second{std::numeric_limits<double>::max()};  ///< read and written, by all
};

/// What the cleaners of a node's log directories have in common: how many may work, which is the
/// next, and how fast they are together. Thread-safe.
class Cleaners {
 public:
  CleanerConfig config() const;
  void set_config(const CleanerConfig& config);

  /// A turn for `who`, to be given back by end(). False: as many work as may, or others have
  /// waited longer; who goes on asking, at least once in two backoffs, keeps its place.
  bool try_begin(const void* who, MonoTime now);
  void end();

  /// So much was read and written from `begun` on.
  void note_io(std::uint64_t bytes, MonoTime begun);
  /// For how long nothing more may be read or written, as things are now.
  Duration pause(MonoTime now);

 private:
  void settle(MonoTime now) REQUIRES(mutex_);
  double rate() const REQUIRES(mutex_);

  struct Waiting {
    const void* who;
    MonoTime asked;
  };

  mutable env::Mutex mutex_;
  CleanerConfig config_ GUARDED_BY(mutex_);
  int running_ GUARDED_BY(mutex_){0};
  std::vector<Waiting> waiting_ GUARDED_BY(mutex_);  // in the order of their turns
  double owed_bytes_ GUARDED_BY(mutex_){0};          // at `as_of_`; falls as time passes
  MonoTime as_of_ GUARDED_BY(mutex_){};
};

}  // namespace moldau::storage
