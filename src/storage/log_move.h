#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "env/task.h"
#include "env/worker.h"
#include "storage/log_dir.h"
#include "storage/log_private.h"

namespace moldau::storage {

/// Moves one log into another directory of the same node while it is written and read
/// (docs/append.md, "A move"). Batch by batch as they are, in the background of both pools, then
/// the swap:
///
///     LogMove move(log, from, to);
///     begin(); copy_some() until it has caught up; freeze();   // the copy is whole and durable
///     ... what the metadata says of the place is changed here ...
///     swap(); hand_over(); release(); retire_old();
///
/// Until swap() has begun abandon() goes back, and stop() leaves the copy for the next start.
/// From one task; copied_bytes() and copied_end() from any thread. Both directories outlive it.
class LogMove {
 public:
  enum class Progress : std::uint8_t { more, caught_up };
  static constexpr std::size_t step_bytes = std::size_t{1} << 20;
  /// With no more than this to be copied the log can be held still.
  static constexpr std::uint64_t caught_up_bytes = std::uint64_t{256} << 10;

  LogMove(std::shared_ptr<Log> log, LogDir& from, LogDir& to);
  ~LogMove();
  LogMove(const LogMove&) = delete;
  LogMove& operator=(const LogMove&) = delete;

  /// Makes the `-future` directory, in place of an older one. Errors: exists (a live one is there);
  /// cancelled; io, no_space.
  env::Task<Result<>> begin(env::Worker& home);
  /// Copies the next piece. Errors: corrupt, truncated (the log is damaged; the copy is not), io,
  /// no_space.
  env::Task<Result<Progress>> copy_some(env::Worker& home);
  /// Bytes that the last copy_some has read.
  std::uint64_t step_size() const { return piece_.bytes.size(); }
  /// Holds the log still: appends wait from here to release() or abandon(). Copies the rest and
  /// makes all of it durable, with what the checkpoints say. Errors: io if the log has ended.
  env::Task<Result<>> freeze(env::Worker& home);
  /// The names: the old directory is for deletion, then the copy has its name. Errors: no_space,
  /// exists: all is as before. Another: the copy's directory is offline, and it may have the name;
  /// the old one has its name again, or its directory is offline too.
  env::Task<Result<>> swap(env::Worker& home);
  /// After swap: the log in the new place, with everything that the old one knew, and whoever
  /// waited in that. Never suspends. Null: the log was removed meanwhile.
  std::shared_ptr<Log> hand_over();
  /// After hand_over, when the partition has the new log: who waits to append to the old one finds
  /// it there.
  void release();
  /// The old directory's files go after file_delete_delay_ms.
  env::Task<> retire_old(env::Worker& home);
  /// The log goes on where it is, the copy goes.
  env::Task<> abandon(env::Worker& home);
  /// The log goes on where it is, the copy stays for the next start.
  void stop();
  /// The log takes nothing more: only a start can tell which of the two it is. Before abandon().
  void end_log(const Error& why);

  std::uint64_t copied_bytes() const { return bytes_.load(std::memory_order_relaxed); }
  Offset copied_end() const { return Offset(end_.load(std::memory_order_relaxed)); }

 private:
  /// A segment of the copy that is whole and durable.
  struct Done {
    Offset base;
    Offset end;
    std::uint64_t size{0};
    MaxTimestamp max_timestamp;
  };
  /// What is to be done next, as read from the log's own directory.
  struct Piece {
    enum class Kind : std::uint8_t { nothing, retry, cut, open, bytes, seal, drop };
    Kind kind{Kind::nothing};
    Offset base;  ///< of the segment; where it was cut
    std::vector<std::uint8_t> bytes;
    std::vector<BatchHeader> headers;
    std::vector<AbortedTxn> aborted;
    std::optional<std::vector<std::uint8_t>> snapshot;
    std::uint64_t left{0};  ///< in the last segment, behind this
  };

  /// What only the old directory knows of the rest.
  struct Rest {
    std::vector<AbortedTxn> aborted;  ///< in the active segment
    std::optional<Offset> clean_offset;
    std::optional<std::vector<std::uint8_t>> producers_copy;  ///< at the log's start
  };

  // Pool of the old directory.
  Result<Piece> read_piece();
  Result<Piece> read_current(const SegmentList& list);
  Result<Piece> read_batches(const Segment& source, std::uint64_t size);
  Result<Piece> read_next(const SegmentList& list);
  Result<Rest> read_rest();
  // Pool of the new one.
  Result<> make_directory();
  Result<> write_piece();
  Result<> open_segment();
  Result<> write_batches();
  Result<> seal_segment();
  Result<> cut_copy(Offset at);
  Result<> drop_before(Offset base);
  Result<> remove_files(Offset base);
  Result<> make_durable(const Rest& rest);
  Result<> write_checkpoints(const Rest& rest);
  Result<> leave_place();
  Result<> take_place();
  void remove_copy();
  Result<> give_name_back();

  env::Task<Result<>> hold(env::Worker& home);
  void set_end(Offset end) { end_.store(end.value(), std::memory_order_relaxed); }
  void drop_current();
  SegmentList segments_of_copy() const;
  std::shared_ptr<Segment> active_segment() const;
  LoadedLog take_state() REQUIRES(state_.mutex);
  std::string copy_path(std::string_view file) const;
  std::string copy_path(Offset base, std::string_view suffix) const;

  const std::shared_ptr<Log> log_;
  Log::Private& state_;
  const std::shared_ptr<LogDir::State> from_;
  const std::shared_ptr<LogDir::State> to_;
  const std::string live_directory_;  ///< of the copy, in the end
  std::string directory_;             ///< `-future`; empty: not made
  std::string old_directory_;         ///< the old one's name since swap; empty: it kept it

  Piece piece_;
  std::vector<Done> done_;
  /// The segment that is being copied; its indexes in memory. Null between two.
  std::shared_ptr<Segment> copy_;
  std::shared_ptr<env::File> file_;
  SegmentCursor cursor_;
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::int64_t> end_{0};
  std::uint64_t epochs_version_{0};  ///< that is in the copy's file
  bool begun_{false};
  bool held_{false};
  bool handed_over_{false};
};

}  // namespace moldau::storage
