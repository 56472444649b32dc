#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "env/task.h"
#include "storage/batch_scanner.h"
#include "storage/dir_context.h"
#include "storage/log_private.h"

namespace moldau::storage {

struct LogDirStats;

/// What a scrubber needs of its directory. Implemented by LogDir. Thread-safe.
class ScrubberHost {
 public:
  virtual ~ScrubberHost() = default;
  virtual std::vector<std::shared_ptr<Log>> all_logs() const = 0;
  /// Pool. The log is served no more, now and after the next start. `damage_at`: the offset that
  /// was expected where the damage begins.
  virtual void quarantine(const std::shared_ptr<Log>& log, Offset damage_at,
                          const Error& error) = 0;
};

/// Reads the sealed segments of one directory's logs again, slowly, and quarantines the partitions
/// whose batches are not what was written (docs/verify.md). Owned by LogDir.
///
/// A segment may go away, or its file get another name, while it is read: by retention, compaction,
/// truncation, removal. So what looks like damage is looked at once more, from the device, while
/// the log's directory is kept as it is (Maintenance), and counts only if the log still has the
/// segment then.
class Scrubber {
 public:
  /// When it passes: after the start, and then between the beginnings of two passes.
  struct Pace {
    std::uint64_t bytes_per_second{0};
    Duration first_after;
    Duration interval;
  };
  static constexpr std::uint64_t step_bytes = BatchScanner::scan_buffer;

  Scrubber(ScrubberHost& host, DirContext& dir, const Pace& pace)
      : host_(host), dir_(dir), pace_(pace) {}

  /// Until the scope stops, one pass after the other; nothing at all if the rate is 0.
  env::Task<> run(env::Worker& home);
  /// Pool. One pass without a pause.
  void scrub_all();
  void collect(LogDirStats& stats) const;

 private:
  enum class Progress : std::uint8_t {
    more,
    busy,  ///< something else has the log's files for a moment
    done,
  };
  /// The segment that is being read.
  struct Reading {
    std::shared_ptr<Log> log;
    SegmentList segment;  ///< it alone, as has_segments wants it
    Offset next_base;
    std::uint64_t generation{0};
    std::unique_ptr<env::File> file{};  ///< null: could not be opened
    std::optional<BatchScanner> scanner{};
    std::uint64_t position{0};  ///< up to here it is good
    Offset expected;            ///< of the batch there

    const Segment& what() const { return *segment.front(); }
  };
  struct Pass {
    std::vector<std::weak_ptr<Log>> logs;
    std::size_t at{0};
    Offset from{0};  ///< the log's segments before it are done
    std::optional<Reading> reading;
  };

  Pass begin_pass();
  Progress step(Pass& pass, std::uint64_t& bytes);
  bool find_segment(Pass& pass);
  Result<> open(Reading& reading);
  /// Reads on; false at the segment's end.
  Result<bool> check_batch(Reading& reading, std::uint64_t& bytes);
  static bool is_here(const Reading& reading);
  Progress judge(Pass& pass);
  void note_damage(const Reading& reading, const Error& error);

  ScrubberHost& host_;
  DirContext& dir_;
  const Pace pace_;
  std::atomic<std::uint64_t> passes_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::uint64_t> failures_{0};
  std::atomic<std::uint64_t> damage_{0};
};

}  // namespace moldau::storage
