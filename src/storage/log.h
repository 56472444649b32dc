#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/time.h"
#include "base/uuid.h"
#include "env/task.h"
#include "env/worker.h"
#include "storage/log_config.h"
#include "storage/read_plan.h"
#include "storage/topic_partition.h"
#include "storage/wakeups.h"

namespace moldau::storage {

class Log;
struct AbortedTxn;
struct BatchHeader;

/// Bytes that may be assigned and not yet written in one log; more wait for room (APPEND, queue).
inline constexpr std::size_t append_queue_bytes_max = std::size_t{16} << 20;

/// A consistent view of one log's ends (docs/append.md).
/// log_start <= last_stable_offset <= high_watermark <= limit <= written_end; durable_end <=
/// written_end.
struct Positions {
  Offset log_start;
  Offset last_stable_offset;
  Offset high_watermark;
  Offset limit;        ///< durable_end, or written_end on a page-cache topic: what may be committed
  Offset durable_end;  ///< below it data and directory entry are on the disk
  Offset written_end;  ///< Kafka's log end offset
};

/// An offset and where in which segment it begins.
struct FilePosition {
  Offset offset;
  Offset segment_base;
  std::uint64_t position{0};
};

/// Who appends: below the free-space reserve only clients are refused.
enum class Origin : std::uint8_t { client, broker };

/// Whether offsets may be missing between the log's end and the batches that a leader has sent:
/// compaction leaves such gaps, a failed append must not.
enum class Gap : std::uint8_t { allowed, refused };

/// What the waiter of an append waits for.
enum class WaitFor : std::uint8_t {
  limit,      ///< this log's own disk (acks=1)
  committed,  ///< the high watermark (acks=all)
};

struct AppendRequest {
  /// Exactly one v2 batch that records/ has validated; what stands in its base offset and leader
  /// epoch does not matter. Kept alive, never modified.
  SharedBytes batch;
  LeaderEpoch leader_epoch;
  Origin origin{Origin::client};
  WaitFor wait_for{WaitFor::committed};
  std::shared_ptr<AppendWaiter> waiter;  ///< null: nobody waits (acks=0)
  std::uint32_t tag{0};
};

enum class AppendStatus : std::uint8_t {
  assigned,               ///< base_offset is its own
  duplicate,              ///< base_offset is the original's
  no_room,                ///< nothing happened: wait_for_room, then again, in the partition's log
  out_of_order_sequence,  ///< rejected (facts: sequence rule)
  invalid_producer_epoch,
  not_leader,     ///< the log knows a newer leader epoch
  storage_error,  ///< repairing, offline, deleted, or a client below the free-space reserve
};

struct AppendAnswer {
  AppendStatus status;
  /// assigned or duplicate: the waiter will be called. False if there is no waiter, or if a
  /// duplicate's original is already where the waiter wanted it.
  bool pending{false};
  Offset base_offset{no_offset};
  Offset last_offset{no_offset};
  std::int64_t max_timestamp{-1};  ///< of the batch, or of the duplicate's original
};

/// What a log knows of an idempotent or transactional producer (KIP-664).
struct ActiveProducer {
  ProducerId producer_id;
  ProducerEpoch epoch;
  std::int32_t last_sequence{-1};
  std::int64_t last_timestamp{-1};
  std::int32_t coordinator_epoch{-1};
  Offset txn_first_offset{no_offset};  ///< of its open transaction
};

/// The replication side of a log: the broker's Partition, or the Raft driver. Called without any
/// lock of storage, on the thread that did the work (a worker or a pool thread), possibly several
/// at once. What it releases goes into `wakeups`. A call may come late: log.positions() is the
/// truth.
class LogListener {
 public:
  virtual ~LogListener() = default;
  /// written_end has moved: wake replica fetchers.
  virtual void on_written(Log& log, Wakeups& wakeups) = 0;
  /// limit has moved: compute the high watermark, then log.advance_high_watermark(hw, wakeups).
  virtual void on_limit(Log& log, Wakeups& wakeups) = 0;
  /// The log takes no appends any more: its directory went offline.
  virtual void on_offline(Log& log, const Error& error, Wakeups& wakeups) = 0;
  /// The disk was full: what was queued has failed and is undone, and the log takes appends again.
  virtual void on_repaired(Log&, Wakeups&) {}
};

/// The log of one partition on one directory (docs/append.md is its protocol). Thread-safe; shared
/// by the broker's partition, flush rounds and write tasks under way. Functions marked "pool" block
/// on the disk: call them through env::run_on, never on a worker.
class Log : public std::enable_shared_from_this<Log> {
 public:
  struct Private;  ///< state and construction: storage only
  explicit Log(std::unique_ptr<Private> state);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  const TopicPartition& name() const;
  const Uuid& topic_id() const;  ///< zero if the directory has no partition.metadata
  std::string directory() const;
  std::shared_ptr<const LogConfig> config() const;
  void set_config(std::shared_ptr<const LogConfig> config);
  /// Before the first append. Held weakly: a listener that dies is no longer called.
  void set_listener(std::weak_ptr<LogListener> listener);

  // --- append -----------------------------------------------------------------------------------

  /// Steps 2 and 3: gives offsets, queues the bytes, schedules the write. From a worker (the write
  /// runs at the end of its turn) or any other thread (it runs on the pool). Never blocks.
  AppendAnswer append(AppendRequest request);

  /// Appends batches that have their offsets and epochs: a follower's fetch, the metadata log.
  /// Whole v2 batches with checked CRCs, offsets ascending, the first at or above the end. Nobody
  /// waits: the listener hears of the progress. Errors: invalid if they do not continue the log;
  /// unavailable while there is no room, the log is being repaired, or `gap` is refused and there
  /// is one; io when it is offline.
  Result<> append_as_follower(SharedBytes batches, Gap gap = Gap::allowed);

  /// A batch was refused before there was this log. If it was the first of a producer that is not
  /// known here, the ones behind it, which may be on their way, must not begin in its place.
  void note_refused(const BatchHeader& batch);

  bool has_room() const;
  /// Runs `job` on `worker` once when there may be room again. False, and the job is dropped: there
  /// is room now.
  bool wait_for_room(env::Worker& worker, env::Job job);

  // --- positions --------------------------------------------------------------------------------

  /// Takes no lock.
  Positions positions() const;
  /// Takes no lock. Where in its file ends what all consumers may read; nothing if they may not
  /// read the same (a transaction is open), or that is neither where the disk ends nor the log.
  std::optional<FilePosition> readable_end() const;
  /// Next offset that an append would get; for becoming leader.
  Offset assigned_end() const;
  /// Moves the high watermark to min(hw, limit), never back, and releases who waited for it.
  void advance_high_watermark(Offset high_watermark, Wakeups& wakeups);
  /// Followers: sets it to min(hw, written_end) (the leader's word; may go back after truncation).
  void follow_high_watermark(Offset high_watermark, Wakeups& wakeups);
  bool is_offline() const;
  /// Its copy in another directory is about to take its place. What cannot be read here then, or
  /// has been changed here and shall last, is to be tried again with whatever log is the
  /// partition's when this is over.
  bool is_leaving() const;
  std::uint64_t size_bytes() const;
  int segment_count() const;

  // --- leader epochs ----------------------------------------------------------------------------

  /// The broker leads in this epoch from the log's end on; remembered in the epoch cache.
  void assign_leader_epoch(LeaderEpoch epoch);
  std::optional<LeaderEpoch> latest_epoch() const;
  /// The largest known epoch not above `epoch`, and where it ends.
  EpochEnd end_offset_for_epoch(LeaderEpoch epoch) const;
  std::optional<LeaderEpoch> epoch_of(Offset offset) const;

  // --- reading ----------------------------------------------------------------------------------

  /// Errors: unavailable (ReadMode::cached only), io, corrupt.
  struct ReadRequest {
    Offset from;
    Offset limit;  ///< only batches whose last offset is below; one of positions()
    std::uint64_t max_bytes;
    ReadMinimum minimum{ReadMinimum::first_batch_at_least};
    ReadMode mode{ReadMode::cached};
  };
  Result<ReadPlan> read(const ReadRequest& request) const;
  /// Pool. The first record at or above log start with timestamp >= `timestamp`.
  Result<std::optional<TimestampOffset>> find_timestamp(std::int64_t timestamp) const;
  /// Pool. The first record with the largest timestamp.
  Result<std::optional<TimestampOffset>> find_max_timestamp() const;
  /// Pool. Aborted transactions that overlap [from, to). Errors: unavailable while the log moves to
  /// another directory (is_leaving).
  Result<std::vector<AbortedTxn>> aborted_transactions(Offset from, Offset to) const;
  /// There are none from `from` on, and that is known without the disk, from an earlier look.
  bool knows_no_aborted(Offset from) const;

  // --- maintenance ------------------------------------------------------------------------------

  /// Step 7: all ends become at most `target`; durable when it returns. From a task on `home`.
  env::Task<Result<>> truncate_to(Offset target, env::Worker& home);
  /// Drops everything; the log is empty and starts at `start`.
  env::Task<Result<>> truncate_fully_and_start_at(Offset start, env::Worker& home);
  /// DeleteRecords, or the leader's word: moves log_start up to min(`start`, high watermark). The
  /// files go with the next retention. False: it was there already.
  bool advance_log_start(Offset start);
  /// Pool. Removes segments that retention, or log_start, no longer needs; returns how many.
  Result<int> apply_retention(WallMs now);
  /// Pool. Metadata log: removes whole segments below `offset` and moves log_start there.
  Result<int> delete_below(Offset offset);
  /// Forgets producers that have been silent for producer_id_expiration_ms.
  void expire_producers(WallMs now);
  std::size_t producer_count() const;
  /// Every producer that is known here, sorted by id.
  std::vector<ActiveProducer> active_producers() const;

  /// What storage's other classes need.
  Private& priv() { return *state_; }

 private:
  std::unique_ptr<Private> state_;
};

}  // namespace moldau::storage
