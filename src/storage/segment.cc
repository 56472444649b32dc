#include "storage/segment.h"

#include <algorithm>
#include <array>

#include "storage/file_names.h"

namespace moldau::storage {

namespace {

/// Reads exactly `into`. Errors: unavailable if that would wait, truncated at the end of the file.
Result<> read_exactly(env::File& file, MutBytes into, std::uint64_t position, ReadMode mode) {
  std::size_t count = 0;
  if (mode == ReadMode::cached) {
    const auto cached = TRY(file.pread_cached(into, position));
    if (!cached) return fail(Errc::unavailable, file.path());
    count = *cached;
  } else {
    count = TRY(file.pread(into, position));
  }
  if (count < into.size()) return fail(Errc::truncated, file.path());
  return {};
}

/// Greatest index with !above(entries[index]); null if there is none.
template <class Entries, class Above>
std::optional<std::size_t> last_not_above(const Entries& entries, std::size_t count, Above above) {
  std::size_t low = 0;
  std::size_t high = count;
  while (low < high) {
    const auto middle = low + (high - low) / 2;
    if (above(entries[middle])) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  if (low == 0) return std::nullopt;
  return low - 1;
}

/// Of an open index; null: there is none.
Result<std::vector<AbortedTxn>> read_aborted(const std::shared_ptr<env::File>& file) {
  if (file == nullptr) return std::vector<AbortedTxn>{};
  std::vector<std::uint8_t> bytes(TRY(file->size()));
  TRY(read_exactly(*file, bytes, 0, ReadMode::blocking));
  return parse_index<AbortedTxn>(bytes);
}

}  // namespace

Segment::Segment(env::Disk& disk, std::string directory, Offset base, std::uint64_t size,
                 std::unique_ptr<MemoryIndexes> indexes)
    : disk_(disk),
      directory_(std::move(directory)),
      base_(base),
      size_(size),
      indexes_(std::move(indexes)) {}

std::shared_ptr<Segment> Segment::sealed(const Segment& active, const MaxTimestamp& max_timestamp) {
  auto segment = std::make_shared<Segment>(active.disk_, active.directory_, active.base_,
                                           active.size(), nullptr);
  segment->set_log_file(active.open_log_file());
  segment->set_max_timestamp(max_timestamp);
  segment->aborted_ = active.aborted_.load();
  return segment;
}

std::string Segment::path(std::string_view suffix) const {
  return fmt::format("{}/{}", directory_, segment_file_name(base_, suffix));
}

Segment::~Segment() {
  env::Lock lock(files_mutex_);
  if (limit_ != nullptr) limit_->drop(open_count());
}

Result<std::shared_ptr<env::File>> Segment::log_file(ReadMode mode) const {
  if (auto file = open_log_file()) return file;
  if (mode == ReadMode::cached) return fail(Errc::unavailable, "segment file is not open");
  // Only the log's writer writes, and through the object that it opened itself.
  std::shared_ptr<env::File> file = TRY(disk_.open(path(log_suffix), env::OpenMode::write));
  {
    env::Lock lock(files_mutex_);
    if (log_file_ != nullptr) return log_file_;
    keep(log_file_, file);
  }
  enlist();
  return file;
}

std::shared_ptr<env::File> Segment::open_log_file() const {
  env::Lock lock(files_mutex_);
  used_ = true;
  return log_file_;
}

bool Segment::wants_room(std::uint64_t bytes, std::uint64_t segment_bytes) const {
  const auto end = size() + bytes;
  return end > room_until_ && end >= room_bytes_min && end < segment_bytes &&
         segment_bytes >= room_segment_bytes_min;
}

void Segment::make_room(env::File& file, std::uint64_t bytes, std::uint64_t segment_bytes) {
  const auto end = size() + bytes;
  const auto from = std::max(size(), room_until_);
  room_until_ = std::min(end + std::min(end, room_bytes_max), segment_bytes);
  file.reserve_ahead(from, room_until_ - from);
}

void Segment::set_log_file(std::shared_ptr<env::File> file) {
  env::Lock lock(files_mutex_);
  keep(log_file_, std::move(file));
}

std::size_t Segment::open_count() const {
  return static_cast<std::size_t>(log_file_ != nullptr) +
         static_cast<std::size_t>(offset_index_file_ != nullptr) +
         static_cast<std::size_t>(time_index_file_ != nullptr);
}

void Segment::keep(std::shared_ptr<env::File>& kept, std::shared_ptr<env::File> file) const {
  const auto before = open_count();
  kept = std::move(file);
  used_ = true;
  if (limit_ == nullptr) return;
  limit_->add(open_count());
  limit_->drop(before);
}

void Segment::bound_by(std::shared_ptr<OpenFiles> limit) {
  {
    env::Lock lock(files_mutex_);
    if (limit_ != nullptr) return;
    limit_ = std::move(limit);
    limit_->add(open_count());
  }
  enlist();
}

void Segment::enlist() const {
  std::shared_ptr<OpenFiles> limit;
  {
    env::Lock lock(files_mutex_);
    if (limit_ == nullptr || open_count() == 0) return;
    limit = limit_;
    if (!listed_) limit->list(weak_from_this());
    listed_ = true;
  }
  limit->make_room();
}

std::optional<std::size_t> Segment::close_if_idle() const {
  std::array<std::shared_ptr<env::File>, 3> closing;  // closed outside the lock
  env::Lock lock(files_mutex_);
  const auto open = open_count();
  if (open == 0 || stays_open_) {
    listed_ = false;
    return 0;
  }
  const auto in_use = [](const auto& file) { return file.use_count() > 1; };
  if (used_ || in_use(log_file_) || in_use(offset_index_file_) || in_use(time_index_file_)) {
    used_ = false;
    return std::nullopt;
  }
  closing = {std::move(log_file_), std::move(offset_index_file_), std::move(time_index_file_)};
  limit_->drop(open);
  listed_ = false;
  return open;
}

void Segment::set_max_timestamp(const MaxTimestamp& max_timestamp) {
  max_timestamp_offset_.store(max_timestamp.offset.value(), std::memory_order_relaxed);
  max_timestamp_.store(max_timestamp.timestamp, std::memory_order_release);
}

void Segment::close_files() {
  std::array<std::shared_ptr<env::File>, 3> closing;  // closed outside the lock
  env::Lock lock(files_mutex_);
  if (stays_open_) return;
  if (limit_ != nullptr) limit_->drop(open_count());
  closing = {std::move(log_file_), std::move(offset_index_file_), std::move(time_index_file_)};
}

Result<> Segment::hold_files() {
  {
    env::Lock lock(files_mutex_);
    stays_open_ = true;
  }
  TRY(log_file(ReadMode::blocking));
  TRY(index_file(index_suffix, ReadMode::blocking));
  TRY(index_file(time_index_suffix, ReadMode::blocking));
  auto txn_index = disk_.open(path(txn_index_suffix), env::OpenMode::read);
  if (!txn_index && txn_index.error().code != Errc::not_found) {
    return std::unexpected(std::move(txn_index).error());
  }
  env::Lock lock(files_mutex_);
  held_txn_index_ = txn_index ? std::shared_ptr(std::move(*txn_index)) : nullptr;
  return {};
}

void Segment::release_files() {
  {
    env::Lock lock(files_mutex_);
    stays_open_ = false;
    held_txn_index_.reset();
  }
  enlist();
}

Result<std::shared_ptr<env::File>> Segment::index_file(std::string_view suffix,
                                                       ReadMode mode) const {
  const bool offsets = suffix == index_suffix;
  {
    env::Lock lock(files_mutex_);
    used_ = true;
    const auto& kept = offsets ? offset_index_file_ : time_index_file_;
    if (kept != nullptr) return kept;
  }
  if (mode == ReadMode::cached) return fail(Errc::unavailable, "index file is not open");
  std::shared_ptr<env::File> file = TRY(disk_.open(path(suffix), env::OpenMode::read));
  {
    env::Lock lock(files_mutex_);
    auto& kept = offsets ? offset_index_file_ : time_index_file_;
    if (kept != nullptr) return kept;
    keep(kept, file);
  }
  enlist();
  return file;
}

void Segment::appended(const BatchHeader& batch, std::uint64_t position, std::int64_t interval,
                       IndexCursor& cursor) {
  if (batch.max_timestamp > cursor.max_timestamp.timestamp) {
    cursor.max_timestamp = {batch.max_timestamp, batch.last_offset};
    max_timestamp_offset_.store(batch.last_offset.value(), std::memory_order_relaxed);
    max_timestamp_.store(batch.max_timestamp, std::memory_order_release);
  }
  if (cursor.bytes_since_entry > interval) {
    indexes_->offsets.push_back({static_cast<std::int32_t>(batch.last_offset - base_),
                                 static_cast<std::int32_t>(position)});
    auto& times = indexes_->times;
    const auto count = times.size();
    if (cursor.max_timestamp.timestamp >
        (count == 0 ? records::no_timestamp : times[count - 1].timestamp)) {
      times.push_back({cursor.max_timestamp.timestamp,
                       static_cast<std::int32_t>(cursor.max_timestamp.offset - base_)});
    }
    cursor.bytes_since_entry = 0;
    ++cursor.entries;
  }
  cursor.bytes_since_entry += static_cast<std::int64_t>(batch.size);
  size_.store(position + batch.size, std::memory_order_release);
}

/// The last entry of a sealed index for which `below` holds; entries are in an order in which it
/// holds for the first ones only. Zeros behind the entries count as above everything.
template <class Entry, class Below>
Result<std::optional<Entry>> Segment::last_in_file(std::string_view suffix, ReadMode mode,
                                                   Below below) const {
  using EntryCodec = IndexEntryCodec<Entry>;
  constexpr std::size_t block_entries = 64;
  const auto file = TRY(index_file(suffix, mode));
  std::uint64_t low = 0;
  std::uint64_t high = TRY(file->size()) / EntryCodec::size;
  std::optional<Entry> found;
  std::array<std::uint8_t, block_entries * EntryCodec::size> buffer;
  while (low < high) {
    const bool last_block = high - low <= block_entries;
    const auto first = last_block ? low : low + (high - low) / 2;
    const auto count = last_block ? high - low : 1;
    const MutBytes into(buffer.data(), count * EntryCodec::size);
    TRY(read_exactly(*file, into, first * EntryCodec::size, mode));
    for (std::size_t i = 0; i < count; ++i) {
      const auto entry = EntryCodec::load(buffer.data() + i * EntryCodec::size);
      if (EntryCodec::is_zero(entry) || !below(entry)) {
        high = first + i;
        break;
      }
      found = entry;
      low = first + i + 1;
    }
  }
  return found;
}

Result<std::uint64_t> Segment::lookup(Offset target, ReadMode mode) const {
  const auto relative = target - base_;
  return last_indexed(
      mode, [&](const OffsetIndexEntry& entry) { return entry.relative_offset > relative; });
}

Result<std::uint64_t> Segment::lookup_position(std::uint64_t position, ReadMode mode) const {
  return last_indexed(mode, [&](const OffsetIndexEntry& entry) {
    return static_cast<std::uint64_t>(entry.position) > position;
  });
}

/// Position of the last entry of the offset index that is not `above`; 0 if none.
template <class Above>
Result<std::uint64_t> Segment::last_indexed(ReadMode mode, Above above) const {
  if (indexes_ != nullptr) {
    const auto& offsets = indexes_->offsets;
    const auto found = last_not_above(offsets, offsets.size(), above);
    return found ? static_cast<std::uint64_t>(offsets[*found].position) : 0;
  }
  const auto entry = TRY(last_in_file<OffsetIndexEntry>(
      index_suffix, mode, [&](const OffsetIndexEntry& candidate) { return !above(candidate); }));
  return entry ? static_cast<std::uint64_t>(entry->position) : 0;
}

Result<Offset> Segment::lookup_timestamp(std::int64_t timestamp) const {
  const auto above = [&](const TimeIndexEntry& entry) { return entry.timestamp > timestamp; };
  if (indexes_ != nullptr) {
    const auto& times = indexes_->times;
    const auto found = last_not_above(times, times.size(), above);
    return found ? base_ + times[*found].relative_offset : base_;
  }
  const auto entry = TRY(last_in_file<TimeIndexEntry>(
      time_index_suffix, ReadMode::blocking,
      [&](const TimeIndexEntry& candidate) { return !above(candidate); }));
  return entry ? base_ + entry->relative_offset : base_;
}

Result<MaxTimestamp> Segment::max_timestamp() const {
  const auto timestamp = max_timestamp_.load(std::memory_order_acquire);
  if (timestamp != records::no_timestamp) {
    return MaxTimestamp{timestamp, Offset(max_timestamp_offset_.load(std::memory_order_relaxed))};
  }
  if (indexes_ != nullptr) return MaxTimestamp{};
  const auto last = TRY(last_in_file<TimeIndexEntry>(time_index_suffix, ReadMode::blocking,
                                                     [](const TimeIndexEntry&) { return true; }));
  if (!last) return MaxTimestamp{};
  return MaxTimestamp{last->timestamp, base_ + last->relative_offset};
}

Result<std::vector<AbortedTxn>> Segment::aborted_txns() const {
  if (knows_no_aborted()) return std::vector<AbortedTxn>{};
  const auto held = [this] {
    env::Lock lock(files_mutex_);
    return held_txn_index_;
  };
  if (const auto file = held()) return read_aborted(*file);
  auto entries = read_index_file<AbortedTxn>(disk_, path(txn_index_suffix));
  // What was under that name may have been another segment's: ours was held before it went away.
  if (const auto file = held()) return read_aborted(*file);
  if (!entries && entries.error().code == Errc::not_found) return std::vector<AbortedTxn>{};
  return entries;
}

Result<> give_back_room(env::File& file, std::uint64_t size) {
  const auto changed = TRY(file.modified());
  TRY(file.truncate(size));
  return file.set_modified(changed);
}

Result<std::shared_ptr<env::File>> write_file(env::Disk& disk, const std::string& path,
                                              Bytes contents) {
  std::shared_ptr<env::File> file = TRY(disk.open(path, env::OpenMode::create));
  TRY(file->truncate(contents.size()));
  TRY(file->pwritev(std::span(&contents, 1), 0));
  return file;
}

Result<> write_indexes(env::Disk& disk, const Segment& segment, const MaxTimestamp& max_timestamp,
                       std::vector<std::shared_ptr<env::File>>& dirty,
                       std::string_view extra_suffix) {
  const auto path_of = [&](std::string_view suffix) {
    return segment.path(suffix) + std::string(extra_suffix);
  };
  const auto& indexes = segment.memory_indexes();
  const auto offsets = format_index(indexes.offsets);
  dirty.push_back(TRY(write_file(disk, path_of(index_suffix), offsets)));

  std::vector<TimeIndexEntry> times;
  for (std::size_t i = 0, count = indexes.times.size(); i < count; ++i) {
    times.push_back(indexes.times[i]);
  }
  if (max_timestamp.timestamp > (times.empty() ? records::no_timestamp : times.back().timestamp)) {
    times.push_back({max_timestamp.timestamp,
                     static_cast<std::int32_t>(max_timestamp.offset - segment.base_offset())});
  }
  dirty.push_back(TRY(write_file(disk, path_of(time_index_suffix), format_index(times))));
  return {};
}

}  // namespace moldau::storage
