#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "base/thread_annotations.h"
#include "env/disk.h"
#include "env/mutex.h"
#include "storage/batch_header.h"
#include "storage/index_format.h"
#include "storage/open_files.h"
#include "storage/published_array.h"
#include "storage/read_plan.h"

namespace moldau::storage {

/// The indexes of an active segment, in memory until it is sealed or the broker stops: a crash
/// rebuilds them, so they need no writes and no syncs of their own.
struct MemoryIndexes {
  PublishedArray<OffsetIndexEntry> offsets;
  PublishedArray<TimeIndexEntry> times;
};

/// Largest timestamp of a segment, and the last offset of the batch that it came with.
struct MaxTimestamp {
  std::int64_t timestamp{records::no_timestamp};
  Offset offset{no_offset};
};

/// Where the writer of a log stands in its active segment: what the next batch's index entries
/// depend on. Also used for planning a roll, and by recovery.
struct IndexCursor {
  std::int64_t bytes_since_entry{0};
  std::size_t entries{0};
  MaxTimestamp max_timestamp{};
};

/// One segment file and its indexes. Active: indexes in memory, grown by the log's one writer while
/// others read. Sealed: nothing changes any more, indexes are looked up in their files. A sealed or
/// cut segment is a new object, so what a reader holds stays as it is.
///
/// Thread contract: `appended` and what is about room by one writer at a time; the rest from any
/// thread.
class Segment : public std::enable_shared_from_this<Segment> {
 public:
  Segment(env::Disk& disk, std::string directory, Offset base, std::uint64_t size,
          std::unique_ptr<MemoryIndexes> indexes);
  ~Segment();
  Segment(const Segment&) = delete;
  Segment& operator=(const Segment&) = delete;
  /// A sealed segment in place of an active one; shares its open file.
  static std::shared_ptr<Segment> sealed(const Segment& active, const MaxTimestamp& max_timestamp);

  Offset base_offset() const { return base_; }
  /// Bytes that are written, in whole batches.
  std::uint64_t size() const { return size_.load(std::memory_order_acquire); }
  std::string path(std::string_view suffix) const;
  const std::string& directory() const { return directory_; }
  bool has_memory_indexes() const { return indexes_ != nullptr; }
  const MemoryIndexes& memory_indexes() const { return *indexes_; }

  /// The log file, opened when first needed. Errors: unavailable if it is not open and `mode` is
  /// cached.
  Result<std::shared_ptr<env::File>> log_file(ReadMode mode) const;
  /// The file if it is open, else null.
  std::shared_ptr<env::File> open_log_file() const;
  void set_log_file(std::shared_ptr<env::File> file);
  /// As known to who loads the segment, before anybody else sees it, or to who has read it all.
  void set_max_timestamp(const MaxTimestamp& max_timestamp);
  /// Counts its open files there from now on, and may be told to close them. Later calls do
  /// nothing. The segment is in a shared pointer. May block on the disk.
  void bound_by(std::shared_ptr<OpenFiles> limit);
  /// After set_log_file of one that is bound: it may be closed again. May block on the disk.
  void enlist() const EXCLUDES(files_mutex_);
  /// Lets go of the files; who uses them keeps them open.
  void close_files();
  /// For OpenFiles. How many files it has closed; null: they are in use, ask again later.
  std::optional<std::size_t> close_if_idle() const;
  /// Pool. Opens all its files and keeps them: they are about to lose their names, and readers that
  /// have this segment go on.
  Result<> hold_files();
  /// They keep their names after all.
  void release_files();

  /// Writer, before it puts so many bytes at the end of the file: whether it should ask for room,
  /// for these and room_bytes_max more at most, and asks for it. Small segments have none: what
  /// that costs at each roll is more than it saves.
  bool wants_room(std::uint64_t bytes, std::uint64_t segment_bytes) const;
  void make_room(env::File& file, std::uint64_t bytes, std::uint64_t segment_bytes);
  /// Writer: so much has been reserved already.
  void set_room(std::uint64_t size) { room_until_ = size; }
  /// Writer: the batch is in the file at `position`. Adds index entries as Kafka does: before a
  /// batch, if more than `interval` bytes were appended since the last one.
  void appended(const BatchHeader& batch, std::uint64_t position, std::int64_t interval,
                IndexCursor& cursor);

  /// Position of the last indexed batch whose last offset is at or below `target`; 0 if none.
  Result<std::uint64_t> lookup(Offset target, ReadMode mode) const;
  /// Position of the last indexed batch that begins at or before `position`; 0 if none.
  Result<std::uint64_t> lookup_position(std::uint64_t position, ReadMode mode) const;
  /// Offset of the last time index entry at or below `timestamp`; the base offset if none.
  Result<Offset> lookup_timestamp(std::int64_t timestamp) const;
  /// Pool. From memory, else the time index's last entry; no_timestamp for an empty one.
  Result<MaxTimestamp> max_timestamp() const;
  /// It is from memory.
  bool knows_max_timestamp() const {
    return max_timestamp_.load(std::memory_order_acquire) != records::no_timestamp;
  }
  /// Pool. Empty if it has no such file.
  Result<std::vector<AbortedTxn>> aborted_txns() const;
  /// aborted_txns() has found nothing where the file would be, and none has come since. For who
  /// knows that the log was in its place all the while.
  void learn_no_aborted() const {
    auto expected = Aborted::unknown;  // the writer may have begun one meanwhile
    aborted_.compare_exchange_strong(expected, Aborted::none, std::memory_order_acq_rel);
  }
  /// Without looking at the disk.
  bool knows_no_aborted() const {
    return aborted_.load(std::memory_order_acquire) == Aborted::none;
  }
  /// By the writer, before it adds to the transaction index.
  void note_aborted() { aborted_.store(Aborted::some, std::memory_order_release); }

 private:
  template <class Above>
  Result<std::uint64_t> last_indexed(ReadMode mode, Above above) const;
  template <class Entry, class Below>
  Result<std::optional<Entry>> last_in_file(std::string_view suffix, ReadMode mode,
                                            Below below) const;
  Result<std::shared_ptr<env::File>> index_file(std::string_view suffix, ReadMode mode) const;
  std::size_t open_count() const REQUIRES(files_mutex_);
  void keep(std::shared_ptr<env::File>& kept, std::shared_ptr<env::File> file) const
      REQUIRES(files_mutex_);

  env::Disk& disk_;
  const std::string directory_;
  const Offset base_;
  std::atomic<std::uint64_t> size_;
  const std::unique_ptr<MemoryIndexes> indexes_;
  std::uint64_t room_until_{0};  ///< position up to which make_room has asked for room
  // Of what has been appended here; readers load the timestamp first.
  std::atomic<std::int64_t> max_timestamp_{records::no_timestamp};
  std::atomic<std::int64_t> max_timestamp_offset_{-1};

  enum class Aborted : std::uint8_t { unknown, none, some };
  mutable std::atomic<Aborted> aborted_{Aborted::unknown};

  mutable env::Mutex files_mutex_;
  mutable std::shared_ptr<env::File> log_file_ GUARDED_BY(files_mutex_);
  mutable std::shared_ptr<env::File> offset_index_file_ GUARDED_BY(files_mutex_);
  mutable std::shared_ptr<env::File> time_index_file_ GUARDED_BY(files_mutex_);
  bool stays_open_ GUARDED_BY(files_mutex_){false};
  std::shared_ptr<OpenFiles> limit_ GUARDED_BY(files_mutex_);
  mutable bool used_ GUARDED_BY(files_mutex_){false};    ///< since close_if_idle
  mutable bool listed_ GUARDED_BY(files_mutex_){false};  ///< in limit_
  /// Null: not held; held and null inside: there is none.
  std::optional<std::shared_ptr<env::File>> held_txn_index_ GUARDED_BY(files_mutex_);
};

/// The segments of a log, by base offset; never empty. Immutable: a change is a new list.
using SegmentList = std::vector<std::shared_ptr<Segment>>;

/// Room is asked for in ever larger pieces, so that a file never has more of it than contents:
/// partitions that get little cost nothing.
inline constexpr std::uint64_t room_bytes_min = 256 << 10;
inline constexpr std::uint64_t room_bytes_max = 4 << 20;
inline constexpr std::uint64_t room_segment_bytes_min = 64 << 20;

/// Pool. What is reserved behind the end of a file of so many bytes goes back to the file system.
/// The file's time of change stays: records without timestamps are as old as that.
Result<> give_back_room(env::File& file, std::uint64_t size);

/// Most bytes that one index file may have when it is read whole.
inline constexpr std::uint64_t index_file_bytes_max = std::uint64_t{256} << 20;

/// Reads, checks and decodes an index file. Errors: not_found, corrupt, io.
template <class Entry>
Result<std::vector<Entry>> read_index_file(env::Disk& disk, const std::string& path) {
  const auto bytes = TRY(env::read_file(disk, path, index_file_bytes_max));
  return parse_index<Entry>(bytes);
}

/// Writes a file under its own name; durable only after its datasync and a sync of the directory.
Result<std::shared_ptr<env::File>> write_file(env::Disk& disk, const std::string& path,
                                              Bytes contents);

/// Writes the segment's offset and time index, with the closing time index entry that Kafka adds,
/// under their names and `extra_suffix`. The open files are appended to `dirty`.
Result<> write_indexes(env::Disk& disk, const Segment& segment, const MaxTimestamp& max_timestamp,
                       std::vector<std::shared_ptr<env::File>>& dirty,
                       std::string_view extra_suffix = {});

}  // namespace moldau::storage
