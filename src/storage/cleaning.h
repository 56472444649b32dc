#pragma once

#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "storage/batch_cleaner.h"
#include "storage/batch_scanner.h"
#include "storage/cleaning_plan.h"
#include "storage/log_private.h"
#include "storage/offset_map.h"

namespace moldau::storage {

struct CleaningStats {
  std::uint64_t bytes_read{0};  ///< by both passes
  std::uint64_t bytes_written{0};
  std::uint64_t bytes_before{0};  ///< of the segments that were replaced
  std::uint64_t bytes_after{0};
};

/// One cleaning of one log, in steps of about `step_bytes` of I/O, so that whoever runs it can
/// stop, wait or let others go first in between (docs/compaction.md). Appends and reads go on; what
/// cuts or ends the log ends the cleaning. Pool; one thread at a time.
class Cleaning {
 public:
  struct Request {
    std::shared_ptr<Log> log;
    CleanableRange range;
    std::uint64_t generation;  ///< the log's, read before the range
    /// What has to be on the disk before anything is judged: it holds the markers that say which
    /// transactions of the range are committed. Of a page-cache topic; else 0.
    Offset on_disk_first;
    OffsetMap newest;  ///< empty
    std::size_t step_bytes;
    WallMs now;
  };
  explicit Cleaning(Request request);

  enum class Progress : std::uint8_t {
    more,
    busy,   ///< something else has the log's files for a moment: go on a little later
    done,   ///< clean_end() is in the checkpoint
    ended,  ///< the log was cut, closed, removed, or is not compacted any more
  };
  /// After `done`, `ended` or an error it is over; abandon() then removes what is half-made.
  /// Errors: corrupt and the like where a batch can not be read; no_space. An error of writing
  /// takes the directory offline.
  Result<Progress> step();
  void abandon();

  Log& log() { return *log_; }
  Offset clean_end() const { return map_end_; }
  const CleaningStats& stats() const { return stats_; }
  std::uint64_t step_io_bytes() const { return io_bytes_; }  ///< of the last step

 private:
  enum class Phase : std::uint8_t { map, copy, swap, checkpoint };
  /// The segment that the present group is written into.
  struct Output {
    CleanedSegment made;
    IndexCursor cursor;
    std::uint64_t position{0};
    std::vector<std::uint8_t> buffer;  ///< what is not written yet, up to `position`
    bool changed{false};
  };

  Result<Progress> phase_step();
  bool reads_what_is_there() const;
  Result<Progress> map_step();
  Result<Progress> end_mapping();
  Result<Progress> copy_step();
  Result<Progress> begin_output();
  Result<> copy_batch(const BatchPosition& batch);
  IfEmpty if_empty(const BatchHeader& header) const;
  Result<> append(Bytes batch, const BatchHeader& header);
  Result<> write_buffer();
  Result<> end_output();
  Result<Progress> swap_step();
  Result<Progress> checkpoint_step();
  void next_group();
  Result<> open(const SegmentList& segments);
  template <class T>
  Result<T> writing(Result<T> result);

  const std::shared_ptr<Log> log_;
  Log::Private& state_;
  DirContext& dir_;
  const CleanableRange range_;
  const std::shared_ptr<const LogConfig> config_;
  const std::size_t step_bytes_;
  const WallMs now_;
  const std::uint64_t generation_;
  const Offset on_disk_first_;
  OffsetMap newest_;
  Offset map_end_;
  Phase phase_{Phase::map};
  CleaningStats stats_;
  std::uint64_t io_bytes_{0};

  SegmentList segments_;             ///< of the phase: the dirty ones, then the group's
  std::size_t at_{0};                ///< the one that is being read
  std::shared_ptr<env::File> file_;  ///< of it
  std::optional<BatchScanner> scanner_;
  std::optional<KeyCollector> collector_;

  std::vector<SegmentList> groups_;
  std::size_t group_{0};
  std::optional<BatchCleaner> cleaner_;
  /// What is kept for the producers that are known: their last batches, or their last epoch.
  std::set<Offset> last_of_producers_;
  std::vector<Offset> batches_of_producers_;  ///< the last five of each, ascending
  std::unordered_map<ProducerId, ProducerEpoch> known_by_marker_;
  std::unique_ptr<Output> output_;  ///< null between two groups
};

}  // namespace moldau::storage
