#include "storage/directory_scan.h"

#include <algorithm>
#include <map>

#include "records/legacy.h"
#include "storage/file_names.h"
#include "storage/recovery.h"

namespace moldau::storage {

Result<> remove_if_there(env::Disk& disk, const std::string& path) {
  auto result = disk.remove_file(path);
  if (!result && result.error().code == Errc::not_found) return {};
  return result;
}

namespace {

constexpr std::string_view snapshot_checkpoint_deleted = ".checkpoint.deleted";

struct SwapFile {
  std::string name;      // as it is
  std::string original;  // without ".swap"
  SegmentFileName segment;
};

/// First offset behind the batches of a file.
Result<Offset> end_of_log(env::Disk& disk, const std::string& path, Offset base) {
  const auto file = TRY(disk.open(path, env::OpenMode::read));
  BatchScanner scanner(*file, 0, TRY(file->size()), ReadMode::blocking, BatchScanner::scan_buffer);
  Offset end = base;
  while (const auto batch = TRY(scanner.next())) end = batch->header.next_offset();
  return end;
}

/// A swap file replaces the segments that it was made from: those within its range go first. Each
/// step is durable before the next, as when the swap was begun (segment_swap.cc).
Result<> complete_swaps(env::Disk& disk, const std::string& directory,
                        const std::vector<SwapFile>& swaps, std::vector<std::string>& names) {
  if (swaps.empty()) return {};
  for (const auto& swap : swaps) {
    if (swap.segment.suffix != log_suffix) continue;
    const auto end =
        TRY(end_of_log(disk, fmt::format("{}/{}", directory, swap.name), swap.segment.base));
    for (auto name = names.begin(); name != names.end();) {
      const auto file = parse_segment_file_name(*name);
      const bool replaced =
          file && file->suffix != snapshot_suffix && file->suffix != snapshot_copy_suffix &&
          file->base >= swap.segment.base && (file->base < end || file->base == swap.segment.base);
      if (replaced) TRY(disk.remove_file(fmt::format("{}/{}", directory, *name)));
      name = replaced ? names.erase(name) : name + 1;
    }
  }
  for (const bool logs : {true, false}) {
    TRY(disk.sync_directory(directory));
    for (const auto& swap : swaps) {
      if ((swap.segment.suffix == log_suffix) != logs) continue;
      TRY(disk.rename(fmt::format("{}/{}", directory, swap.name),
                      fmt::format("{}/{}", directory, swap.original)));
      std::erase(names, swap.original);
      names.push_back(swap.original);
    }
  }
  return disk.sync_directory(directory);
}

/// A swap at or behind a cleaned file was not finished: not all of its files are there. They are
/// gone for certain before the cleaned file, which tells it, may go.
Result<> drop_unfinished(env::Disk& disk, const std::string& directory,
                         std::optional<Offset> first_cleaned, std::vector<SwapFile>& swaps) {
  const auto unfinished = [&](const SwapFile& swap) {
    return first_cleaned && swap.segment.base >= *first_cleaned;
  };
  if (std::ranges::none_of(swaps, unfinished)) return {};
  for (const auto& swap : swaps) {
    if (unfinished(swap)) TRY(disk.remove_file(fmt::format("{}/{}", directory, swap.name)));
  }
  std::erase_if(swaps, unfinished);
  return disk.sync_directory(directory);
}

}  // namespace

Result<PartitionFiles> scan_partition_directory(env::Disk& disk, const std::string& directory) {
  std::vector<std::string> names;
  std::vector<SwapFile> swaps;
  std::vector<std::string> cleaned;
  std::optional<Offset> first_cleaned;
  for (const auto& entry : TRY(disk.list(directory))) {
    const std::string_view name = entry.name;
    const auto path = fmt::format("{}/{}", directory, name);
    const auto original = name.substr(0, name.rfind('.'));
    const auto segment = parse_segment_file_name(original);
    if (name.ends_with(deleted_suffix) && !name.ends_with(snapshot_checkpoint_deleted)) {
      TRY(disk.remove_file(path));
    } else if (name.ends_with(cleaned_suffix) && segment) {
      first_cleaned = std::min(first_cleaned.value_or(segment->base), segment->base);
      cleaned.push_back(path);
    } else if (name.ends_with(swap_suffix) && segment) {
      swaps.push_back({entry.name, std::string(original), *segment});
    } else {
      names.push_back(entry.name);
    }
  }
  TRY(drop_unfinished(disk, directory, first_cleaned, swaps));
  for (const auto& path : cleaned) TRY(disk.remove_file(path));
  TRY(complete_swaps(disk, directory, swaps, names));

  PartitionFiles result;
  std::map<Offset, SegmentFiles> segments;
  Offset newest_snapshot{0};
  for (const auto& name : names) {
    const auto file = parse_segment_file_name(name);
    if (file && file->suffix == log_suffix) segments[file->base].base = file->base;
    if (file && file->suffix == snapshot_suffix) {
      newest_snapshot = std::max(newest_snapshot, file->base);
    }
  }
  for (const auto& name : names) {
    const auto file = parse_segment_file_name(name);
    if (!file || file->suffix == log_suffix) continue;
    const auto segment = segments.find(file->base);
    if (file->suffix == snapshot_suffix) {
      // Each clean stop leaves one; needed are those where a segment begins, and the last.
      const bool stray = segment == segments.end() && file->base < newest_snapshot;
      if (stray) result.stray_snapshots.push_back(fmt::format("{}/{}", directory, name));
    } else if (segment == segments.end()) {
      TRY(disk.remove_file(fmt::format("{}/{}", directory, name)));
    } else if (file->suffix == index_suffix) {
      segment->second.has_index = true;
    } else if (file->suffix == time_index_suffix) {
      segment->second.has_time_index = true;
    }
  }
  for (const auto& [base, files] : segments) result.segments.push_back(files);
  return result;
}

Result<> remove_segment_files(env::Disk& disk, const std::string& directory, Offset base) {
  for (const auto suffix :
       {log_suffix, index_suffix, time_index_suffix, txn_index_suffix, snapshot_copy_suffix}) {
    TRY(remove_if_there(disk, fmt::format("{}/{}", directory, segment_file_name(base, suffix))));
  }
  return {};
}

Result<> remove_snapshots_above(env::Disk& disk, const std::string& directory, Offset end) {
  for (const auto& entry : TRY(disk.list(directory))) {
    const auto file = parse_segment_file_name(entry.name);
    if (!file || file->suffix != snapshot_suffix || file->base <= end) continue;
    TRY(disk.remove_file(fmt::format("{}/{}", directory, entry.name)));
  }
  return {};
}

Result<std::optional<std::vector<ProducerSnapshotEntry>>> read_snapshot_at(
    env::Disk& disk, const std::string& directory, Offset offset) {
  std::optional<Error> unreadable;
  for (const auto suffix : {snapshot_suffix, snapshot_copy_suffix}) {
    const auto path = fmt::format("{}/{}", directory, segment_file_name(offset, suffix));
    auto bytes = env::read_file(disk, path, snapshot_bytes_max);
    if (!bytes && bytes.error().code == Errc::not_found) break;  // without it no copy counts
    if (!bytes) {
      unreadable = std::move(bytes).error();
      continue;
    }
    if (auto entries = parse_producer_snapshot(*bytes)) return std::optional(std::move(*entries));
  }
  if (unreadable) return std::unexpected(*std::move(unreadable));
  return std::nullopt;
}

Result<ProducerState> load_snapshot_at(env::Disk& disk, const std::string& directory, Offset offset,
                                       WallMs now) {
  ProducerState producers;
  const auto entries = TRY(read_snapshot_at(disk, directory, offset));
  if (entries) producers.load(*entries, now);
  return producers;
}

Result<std::optional<BatchPosition>> check_next_batch(BatchScanner& scanner, Offset segment_base,
                                                      Offset expected) {
  const auto batch = TRY(scanner.next());
  if (!batch) return std::nullopt;
  const auto& header = batch->header;
  if (header.base_offset < expected) {
    return fail(Errc::corrupt, fmt::format("offset {} follows {}", header.base_offset, expected));
  }
  if (header.last_offset - segment_base > std::numeric_limits<std::int32_t>::max()) {
    return fail(Errc::corrupt, "offset out of the segment's reach");
  }
  const auto bytes = TRY(scanner.whole());
  if (header.magic == records::magic_v2) {
    const auto view = TRY(records::BatchView::parse(bytes));
    TRY(view.verify_crc());
  } else {
    const auto message = TRY(records::LegacyMessage::parse(bytes));
    TRY(message.verify_crc());
  }
  return batch;
}

Result<std::optional<CompletedTxn>> replay_producer(ProducerState& producers,
                                                    const BatchHeader& header,
                                                    BatchScanner& scanner, WallMs now) {
  if (!header.has_producer()) return std::nullopt;
  if (!header.is_control()) {
    producers.append(header, now);
    return std::nullopt;
  }
  const auto marker = TRY(parse_txn_marker(TRY(scanner.whole())));
  if (!marker) return std::nullopt;
  return producers.append_marker(header, *marker, now);
}

Result<> write_txn_index(env::Disk& disk, const Segment& segment,
                         const std::vector<AbortedTxn>& entries, DirtySet& dirty) {
  if (entries.empty()) return remove_if_there(disk, segment.path(txn_index_suffix));
  dirty.add(TRY(write_file(disk, segment.path(txn_index_suffix), format_index(entries))));
  return {};
}

Result<> cut_txn_index(env::Disk& disk, const Segment& segment, Offset end, DirtySet& dirty) {
  constexpr auto entry_size = IndexEntryCodec<AbortedTxn>::size;
  auto opened = disk.open(segment.path(txn_index_suffix), env::OpenMode::write);
  if (!opened && opened.error().code == Errc::not_found) return {};
  const std::shared_ptr<env::File> file = TRY(std::move(opened));
  const auto size = TRY(file->size());
  if (size % entry_size != 0) {
    TRY(file->truncate(size - size % entry_size));
    dirty.add(file);
  }
  auto entries = TRY(segment.aborted_txns());
  const auto before = entries.size();
  std::erase_if(entries, [&](const AbortedTxn& txn) { return txn.last_offset >= end; });
  if (entries.size() == before) return {};
  dirty.add(TRY(write_file(disk, segment.path(txn_index_suffix), format_index(entries))));
  return {};
}

namespace {

/// How far back the batches of idempotent producers are looked for that may be sent again.
constexpr std::uint64_t recalled_bytes_max = std::uint64_t{1} << 20;

/// The batches before `end` in the last bytes of the log, from the segment that holds `end` back.
Result<std::vector<BatchHeader>> tail_of(const SegmentList& segments, Offset end) {
  std::vector<BatchHeader> tail;
  std::uint64_t left = recalled_bytes_max;
  for (auto i = segments.size(); i-- > 0 && left > 0;) {
    const auto& segment = *segments[i];
    if (segment.size() == 0 || segment.base_offset() >= end) continue;
    const auto last = TRY(segment.lookup(end, ReadMode::blocking));
    const auto start =
        TRY(segment.lookup_position(last - std::min(left, last), ReadMode::blocking));
    const auto file = TRY(segment.log_file(ReadMode::blocking));
    BatchScanner scanner(*file, start, segment.size(), ReadMode::blocking,
                         BatchScanner::lookup_buffer);
    std::vector<BatchHeader> found;
    while (const auto batch = TRY(scanner.next())) {
      if (batch->header.next_offset() > end) break;
      found.push_back(batch->header);
    }
    left -= std::min(left, scanner.position() - start);
    tail.insert(tail.begin(), found.begin(), found.end());
  }
  return tail;
}

}  // namespace

Result<ProducerState> rebuild_producers(env::Disk& disk, const SegmentList& segments, Offset end,
                                        WallMs now) {
  const auto& directory = segments.front()->directory();
  std::vector<Offset> snapshots;
  for (const auto& entry : TRY(disk.list(directory))) {
    const auto file = parse_segment_file_name(entry.name);
    if (file && file->suffix == snapshot_suffix && file->base <= end) {
      snapshots.push_back(file->base);
    }
  }
  ProducerState producers;
  auto from = segments.front()->base_offset();
  for (auto candidate = snapshots.rbegin(); candidate != snapshots.rend(); ++candidate) {
    if (*candidate < from) break;
    const auto entries = TRY(read_snapshot_at(disk, directory, *candidate));
    if (!entries) continue;  // an older one and more batches say the same
    producers.load(*entries, now);
    from = *candidate;
    break;
  }
  for (std::size_t i = 0; i < segments.size() && from < end; ++i) {
    const auto& segment = *segments[i];
    if (segment.size() == 0 || segment.base_offset() >= end) continue;
    if (i + 1 < segments.size() && segments[i + 1]->base_offset() <= from) continue;
    const auto file = TRY(segment.log_file(ReadMode::blocking));
    auto scanner = TRY(scanner_for(segment, *file, from, segment.size(), ReadMode::blocking,
                                   BatchScanner::scan_buffer));
    while (const auto batch = TRY(scanner.next())) {
      if (batch->header.last_offset < from) continue;
      if (batch->header.base_offset >= end) break;
      TRY(replay_producer(producers, batch->header, scanner, now));
    }
  }
  if (producers.size() > 0) {
    const auto tail = tail_of(segments, end);
    if (tail) producers.recall(*tail);
    // Damage in what is not needed otherwise is for those who read it.
    if (!tail && tail.error().code == Errc::io) return std::unexpected(tail.error());
  }
  return producers;
}

Result<std::shared_ptr<Segment>> scan_as_active(env::Disk& disk, const std::string& directory,
                                                Offset base, std::shared_ptr<env::File> file,
                                                std::uint64_t size, std::int64_t index_interval,
                                                SegmentCursor& cursor, Offset* end) {
  auto segment =
      std::make_shared<Segment>(disk, directory, base, 0, std::make_unique<MemoryIndexes>());
  cursor = {.segment_base = base};
  if (end != nullptr) *end = base;
  BatchScanner scanner(*file, 0, size, ReadMode::blocking, BatchScanner::scan_buffer);
  while (const auto batch = TRY(scanner.next())) {
    if (cursor.position == 0) cursor.first_timestamp = batch->header.max_timestamp;
    segment->appended(batch->header, batch->position, index_interval, cursor.index);
    cursor.position = batch->position + batch->header.size;
    if (end != nullptr) *end = batch->header.next_offset();
  }
  segment->set_log_file(std::move(file));
  return segment;
}

}  // namespace moldau::storage
