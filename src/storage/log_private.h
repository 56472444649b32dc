#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/thread_annotations.h"
#include "env/mutex.h"
#include "storage/dir_context.h"
#include "storage/epoch_cache.h"
#include "storage/log.h"
#include "storage/positions_cell.h"
#include "storage/producer_state.h"
#include "storage/segment.h"

namespace moldau::storage {

/// `ok` takes appends. `draining`: no appends, the writer writes what is queued, then exclusive
/// work begins. `repairing`: exclusive work, or the undoing of a failure. The last two are final.
enum class LogState : std::uint8_t { ok, draining, repairing, offline, deleted };

/// Where the next batch goes, in which segment and with what behind it. Kept twice: as planned for
/// the next assigned batch, and as written.
struct SegmentCursor {
  Offset segment_base;
  std::uint64_t position{0};
  IndexCursor index{};
  std::int64_t first_timestamp{records::no_timestamp};
  std::int64_t created_ms{0};  ///< wall clock; counts for segment.ms where there is no timestamp
};

/// A roll was decided before this item: what the snapshot at its base will say.
struct PlannedRoll {
  std::vector<std::uint8_t> producer_snapshot;
};

struct QueueItem {
  SharedBytes bytes;  ///< empty: only the roll
  /// Replaces the first bytes of a batch that the log gave its offset: base offset, length, epoch.
  static constexpr std::size_t prefix_size = records::layout::magic;
  std::array<std::uint8_t, prefix_size> prefix{};
  bool has_prefix{false};
  BatchHeader header;
  std::unique_ptr<PlannedRoll> roll_before;
  std::unique_ptr<AbortedTxn> aborted;
};

struct Waiting {
  Offset last_offset;
  WaitFor wait_for;
  std::shared_ptr<AppendWaiter> waiter;
  std::uint32_t tag;
};

/// What has been written and not been synced.
struct DirtySet {
  std::vector<std::shared_ptr<env::File>> files;
  bool directory{false};
  UnflushedBytes bytes{};
  bool empty() const { return files.empty() && !directory; }
  void add(const std::shared_ptr<env::File>& file);
};

/// One log's part in a flush round: collected before anything is synced.
struct FlushItem {
  std::shared_ptr<Log> log;
  DirtySet dirty;
  std::string directory;
  FilePosition target;
  std::uint64_t generation{0};
};

/// What recovery hands over to a new log.
struct LoadedLog {
  TopicPartition name;
  Uuid topic_id;
  std::string directory;
  SegmentList segments;
  SegmentCursor cursor;
  Offset end;
  Offset log_start;
  Offset high_watermark;
  Offset recovery_point;
  ProducerState producers;
  EpochCache epochs;
  /// Recovered or repaired: to be synced before it is served.
  DirtySet dirty;
  bool epochs_unsaved{false};
  bool clean{false};  ///< its files say all that a clean stop has to write
};

/// What a cleaning has made of some segments, in `.cleaned` files.
struct CleanedSegment {
  std::shared_ptr<Segment> segment;  ///< under its final name, with its indexes in memory
  std::shared_ptr<env::File> log;    ///< written and synced
  MaxTimestamp max_timestamp;
  std::vector<AbortedTxn> aborted;
};

/// State and steps of a Log. Steps take `self`, the shared pointer of the log that they belong to.
struct Log::Private {
  Private(std::shared_ptr<DirContext> context, LoadedLog loaded,
          std::shared_ptr<const LogConfig> config);

  // append.cc: steps 2 and 3
  AppendAnswer append(const std::shared_ptr<Log>& self, AppendRequest request);
  Result<> append_as_follower(const std::shared_ptr<Log>& self, const SharedBytes& batches,
                              Gap gap);
  bool wait_for_room(env::Worker& worker, env::Job job);
  void roll(const std::shared_ptr<Log>& self);

  // write.cc: step 4
  enum class Place : std::uint8_t { worker, pool };
  enum class WriteStep : std::uint8_t { idle, more, needs_pool, failed };
  void schedule_writer(const std::shared_ptr<Log>& self);
  void write_queue(const std::shared_ptr<Log>& self, Place place);

  // repair.cc: step 5, and exclusive work
  void fail_appends(const std::shared_ptr<Log>& self, const Error& error, Wakeups& wakeups);
  /// Runs `work` on the pool while nobody writes and nothing else exclusive runs; `state` is what
  /// the log is in meanwhile. The log is `ok` again afterwards unless the work ended it.
  /// `done` is called last, after that.
  /// Pool. Undoes what a failed append has left, as the writer; then the log takes appends again.
  void repair(const std::shared_ptr<Log>& self);
  void run_exclusive(const std::shared_ptr<Log>& self, LogState state, env::Job work,
                     env::Job done);
  /// From a task: run_exclusive, and waits until it is done.
  env::Task<Result<>> exclusive(std::shared_ptr<Log> self, LogState state, env::Worker& home,
                                std::move_only_function<Result<>()> work);
  void end_exclusive(const std::shared_ptr<Log>& self);
  void go_offline(const std::shared_ptr<Log>& self, const Error& error, LogState state,
                  Wakeups& wakeups);

  // truncate.cc: step 7; exclusive, pool
  Result<> truncate(Offset target);
  Result<> truncate_fully(Offset start);

  // flush.cc: step 6
  std::optional<FlushItem> take_flush(const std::shared_ptr<Log>& self) EXCLUDES(mutex);
  /// False if the item does not count any more and the log is to be flushed again.
  bool finish_flush(FlushItem& item, Wakeups& wakeups) EXCLUDES(mutex);

  // read.cc
  std::shared_ptr<const SegmentList> segment_list() const EXCLUDES(segments_mutex);
  void set_segments(std::shared_ptr<const SegmentList> list) EXCLUDES(segments_mutex);
  Result<ReadPlan> read(const ReadRequest& request) const;

  // retention.cc
  Result<int> apply_retention(const std::shared_ptr<Log>& self, WallMs now);
  Result<int> delete_below(const std::shared_ptr<Log>& self, Offset offset);

  // segment_swap.cc
  /// All between begin_maintenance and end_maintenance. The first leaves the log as it is, and so
  /// does the second where there is no room for names; when the third has failed, only a start can
  /// tell which names the files have.
  Result<> prepare_swap(const CleanedSegment& cleaned);
  Result<> begin_swap(const CleanedSegment& cleaned);
  /// Puts a cleaned segment in the place of those that it was made of: `old`, one behind the other
  /// in the list and with held files.
  Result<> swap_segments(const SegmentList& old, const CleanedSegment& cleaned);
  /// Whether `old` is still a part of the list.
  bool has_segments(const SegmentList& old) const;
  std::uint64_t current_generation() const EXCLUDES(mutex);
  /// False if what was found at `generation` may not be so any more, or the log wants to be alone.
  bool is_undisturbed(std::uint64_t at_generation) const EXCLUDES(mutex);

  // log_move.cc
  /// Begins a move; false if the log's directory is busy just now.
  bool begin_move() EXCLUDES(mutex);
  bool is_moving() const EXCLUDES(mutex);
  /// Exclusive work that ends with end_exclusive, not with `held`. Who appends waits for room.
  void hold(env::Job held) EXCLUDES(mutex);
  /// How often it has begun to leave; null: it is about to, or has gone.
  std::optional<std::uint64_t> departures_if_here() const EXCLUDES(mutex);
  /// The log stays where it is. Without effect if no move has begun.
  void end_move(Wakeups& wakeups) EXCLUDES(mutex);

  // close.cc: writes what a clean stop leaves behind; the log is offline then. Pool, exclusive.
  Result<DirtySet> write_for_close();

  void publish() REQUIRES(mutex);
  Offset limit() const REQUIRES(mutex);
  void set_high_watermark(Offset high_watermark, Wakeups& wakeups) REQUIRES(mutex);
  /// Releases everybody whose last offset is below the limit or the high watermark.
  void release_waiters(Wakeups& wakeups) REQUIRES(mutex);
  void fail_waiters(Offset from, Wakeups& wakeups) REQUIRES(mutex);
  void release_room(Wakeups& wakeups) REQUIRES(mutex);
  void note_epoch(LeaderEpoch epoch, Offset start) REQUIRES(mutex);
  /// The next exclusive job, if it may run now.
  std::optional<env::Job> next_exclusive() REQUIRES(mutex);
  void submit_exclusive(env::Job job);
  /// Keeps exclusive work away until end_maintenance; false if there is some, or the log has ended.
  bool begin_maintenance() EXCLUDES(mutex);
  void end_maintenance() EXCLUDES(mutex);
  std::shared_ptr<LogListener> listener() const EXCLUDES(mutex);

  const TopicPartition name;
  const Uuid topic_id;
  const std::shared_ptr<DirContext> dir_owner;
  DirContext& dir;

  mutable env::Mutex mutex;
  std::string directory GUARDED_BY(mutex);
  std::shared_ptr<const LogConfig> config GUARDED_BY(mutex);
  std::weak_ptr<LogListener> listener_ GUARDED_BY(mutex);

  LogState state GUARDED_BY(mutex){LogState::ok};
  /// Offline for damage in its own files; the directory is well.
  bool quarantined GUARDED_BY(mutex){false};
  /// + 1 on failure, truncation, deletion: what a flush round has collected before does not count.
  std::uint64_t generation GUARDED_BY(mutex){0};

  Offset assigned_end GUARDED_BY(mutex);
  const std::uint64_t jitter_seed;  ///< of segment.jitter.ms
  SegmentCursor planned GUARDED_BY(mutex);
  SegmentCursor actual GUARDED_BY(mutex);
  std::deque<QueueItem> queue GUARDED_BY(mutex);
  std::deque<QueueItem> in_hand;                  ///< taken off the queue; the writer's alone
  std::uint64_t segment_bytes{0};                 ///< as configured; the writer's alone
  std::size_t queued_bytes GUARDED_BY(mutex){0};  ///< in the queue and in the writer's hands
  bool writer GUARDED_BY(mutex){false};           ///< somebody writes, or is about to
  /// Something that needs the directory to stay as it is: retention, the epoch file.
  bool maintenance GUARDED_BY(mutex){false};
  bool exclusive_running GUARDED_BY(mutex){false};
  /// It is being copied into another directory, and is not compacted meanwhile.
  bool moving GUARDED_BY(mutex){false};
  /// Somebody has cut it there since the copy was made that far.
  std::optional<Offset> cut_while_moving GUARDED_BY(mutex);
  enum class Leaving : std::uint8_t {
    no,
    now,  ///< the copy is about to take its place: who appends waits
    gone  ///< it has: who appends looks for the log again
  };
  Leaving leaving GUARDED_BY(mutex){Leaving::no};
  std::uint64_t departures GUARDED_BY(mutex){0};  ///< how often it has begun to leave
  struct Exclusive {
    LogState state;
    env::Job run;
  };
  std::deque<Exclusive> exclusives GUARDED_BY(mutex);

  ProducerState producers GUARDED_BY(mutex);
  /// The first batch of each producer that failed, or was refused, in the failure under repair.
  std::map<ProducerId, BatchHeader> refused GUARDED_BY(mutex);
  EpochCache epochs GUARDED_BY(mutex);
  std::uint64_t epochs_version GUARDED_BY(mutex){0};
  std::uint64_t epochs_saved GUARDED_BY(mutex){0};
  /// First offset of the oldest epoch that the file does not have: the recovery point stays below.
  std::optional<Offset> epochs_unsaved_from GUARDED_BY(mutex);

  Offset log_start GUARDED_BY(mutex);
  Offset high_watermark GUARDED_BY(mutex);
  FilePosition durable GUARDED_BY(mutex);
  FilePosition written GUARDED_BY(mutex);
  Offset recovery_point GUARDED_BY(mutex);
  bool touched GUARDED_BY(mutex){true};  ///< a clean stop has something to write

  /// In the order of their offsets, by what they wait for; duplicates of older batches apart.
  std::deque<Waiting> limit_waiters GUARDED_BY(mutex);
  std::deque<Waiting> committed_waiters GUARDED_BY(mutex);
  std::vector<Waiting> duplicate_waiters GUARDED_BY(mutex);
  struct RoomWaiter {
    env::Worker* worker;
    env::Job job;
  };
  std::vector<RoomWaiter> room_waiters GUARDED_BY(mutex);

  DirtySet dirty GUARDED_BY(mutex);
  std::atomic<bool> in_dirty_list{false};  ///< the flusher's
  MonoTime last_flush GUARDED_BY(mutex);

  PositionsCell ends;

  mutable env::Mutex segments_mutex;  // leaf: held for a pointer's copy
  std::shared_ptr<const SegmentList> segments GUARDED_BY(segments_mutex);

  // append.cc
  void note_refused(const BatchHeader& batch, WallMs now) REQUIRES(mutex);

 private:
  // append.cc
  std::int64_t roll_jitter_ms() const REQUIRES(mutex);
  bool should_roll(const BatchHeader& batch, WallMs now) const REQUIRES(mutex);
  QueueItem& enqueue(SharedBytes bytes, const BatchHeader& batch, WallMs now) REQUIRES(mutex);
  AppendAnswer answer_duplicate(const ProducerBatch& original, AppendRequest& request)
      REQUIRES(mutex);
  Result<> enqueue_as_follower(const SharedBytes& batch, const BatchHeader& header, WallMs now)
      REQUIRES(mutex);
  bool start_writer() REQUIRES(mutex);

  // write.cc
  WriteStep write_once(const std::shared_ptr<Log>& self, Place place, Wakeups& wakeups);
  WriteStep take(Place place, std::vector<QueueItem>& taken) EXCLUDES(mutex);
  struct Written {
    std::shared_ptr<Segment> active;
    std::shared_ptr<env::File> file;  ///< of it, open until it is flushed
  };
  WriteStep finish_write(const std::shared_ptr<Log>& self, const Written& to,
                         const std::vector<QueueItem>& taken, std::size_t bytes, Wakeups& wakeups);
  Result<> write_roll(const QueueItem& item);
  Result<> sync_sealed(Segment& old);
  Result<> write_items(Segment& active, env::File& file, const std::vector<QueueItem>& taken);
  Result<> write_aborted(const std::vector<QueueItem>& taken);

  // repair.cc
  Result<> cut_to_written();

  // truncate.cc
  void shorten(Offset end, const SegmentCursor& cursor, Wakeups& wakeups);
  Result<> cut_files(const SegmentList& removed, Offset end);
  Result<> finish_truncation(const SegmentCursor& cursor, Offset end, ProducerState rebuilt);
};

/// Keeps the log's directory as it is while it lives; false if it could not.
class Maintenance {
 public:
  explicit Maintenance(Log::Private& state) : state_(state), held_(state.begin_maintenance()) {}
  ~Maintenance() {
    if (held_) state_.end_maintenance();
  }
  Maintenance(const Maintenance&) = delete;
  Maintenance& operator=(const Maintenance&) = delete;
  explicit operator bool() const { return held_; }

 private:
  Log::Private& state_;
  const bool held_;
};

}  // namespace moldau::storage
