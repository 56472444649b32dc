// Reading: positions without a lock, slices of segment files, look-ups by time.

#include <algorithm>

#include "records/legacy.h"
#include "records/time_lookup.h"
#include "storage/batch_scanner.h"
#include "storage/log_private.h"

namespace moldau::storage {

namespace {

/// Index of the segment that holds `offset`: the last one whose base is not above it.
std::size_t segment_of(const SegmentList& list, Offset offset) {
  const auto after = std::ranges::upper_bound(list, offset, {}, &Segment::base_offset);
  return after == list.begin() ? 0 : static_cast<std::size_t>(after - list.begin()) - 1;
}

/// The first batch that reaches `offset`; null if none does.
Result<std::optional<BatchPosition>> find_batch(const Segment& segment, env::File& file,
                                                Offset offset, std::uint64_t end, ReadMode mode) {
  auto scanner = TRY(scanner_for(segment, file, offset, end, mode));
  return scanner.next_reaching(offset);
}

/// Where in the segment the batches below `limit` end.
Result<std::uint64_t> end_position(const Segment& segment, env::File& file, Offset limit,
                                   const Ends& ends, std::uint64_t written, ReadMode mode) {
  for (const auto* known : {&ends.written, &ends.durable}) {
    if (limit == known->offset && known->segment_base == segment.base_offset()) {
      return std::min(known->position, written);
    }
  }
  const auto batch = TRY(find_batch(segment, file, limit, written, mode));
  return batch ? batch->position : written;
}

}  // namespace

std::shared_ptr<const SegmentList> Log::Private::segment_list() const {
  env::Lock lock(segments_mutex);
  return segments;
}

void Log::Private::set_segments(std::shared_ptr<const SegmentList> list) {
  for (const auto& segment : *list) segment->bound_by(dir.open_files());
  env::Lock lock(segments_mutex);
  segments = std::move(list);
}

Result<ReadPlan> Log::Private::read(const ReadRequest& request) const {
  const auto now = ends.load();
  if (request.from < now.log_start || request.from > now.written.offset) {
    return ReadPlan{.status = ReadStatus::offset_out_of_range};
  }
  const auto limit = std::min(request.limit, now.written.offset);
  const auto list = segment_list();
  for (auto i = segment_of(*list, request.from); i < list->size(); ++i) {
    const auto& segment = *(*list)[i];
    if (request.from >= limit || segment.base_offset() >= limit) break;
    const auto size = segment.size();
    if (size == 0) continue;
    const auto file = TRY(segment.log_file(request.mode));
    const auto first = TRY(find_batch(segment, *file, request.from, size, request.mode));
    if (!first) continue;  // compaction has left a gap at the segment's end
    if (first->header.last_offset >= limit) break;
    const bool whole = i + 1 < list->size() && (*list)[i + 1]->base_offset() <= limit;
    const auto end =
        whole ? size : TRY(end_position(segment, *file, limit, now, size, request.mode));
    auto length = std::min(request.max_bytes, end - first->position);
    if (request.minimum == ReadMinimum::first_batch_at_least) {
      length = std::max(length, first->header.size);
    }
    if (length == 0) break;
    return ReadPlan{.file = file,
                    .position = first->position,
                    .length = length,
                    .first_batch = first->header.size};
  }
  return ReadPlan{};
}

Positions Log::positions() const {
  return state_->ends.load().positions();
}

std::optional<FilePosition> Log::readable_end() const {
  const auto ends = state_->ends.load();
  if (ends.last_stable_offset != ends.high_watermark) return std::nullopt;
  for (const auto& end : {ends.durable, ends.written}) {
    if (end.offset == ends.high_watermark) return end;
  }
  return std::nullopt;
}

Result<ReadPlan> Log::read(const ReadRequest& request) const {
  return state_->read(request);
}

namespace {

/// The first record at or above `from` with such a timestamp, in a batch of any format.
Result<std::optional<TimestampOffset>> find_record(Bytes bytes, const BatchHeader& header,
                                                   std::int64_t at_least, Offset from) {
  records::Decompressor decompressor;
  if (header.magic == records::magic_v2) {
    const auto batch = TRY(records::BatchView::parse(bytes));
    const auto found = TRY(records::first_at_or_after(batch, at_least, from, decompressor));
    if (!found) return std::nullopt;
    return TimestampOffset{found->timestamp, found->offset, batch.partition_leader_epoch()};
  }
  const auto message = TRY(records::LegacyMessage::parse(bytes));
  std::optional<TimestampOffset> found;
  TRY(message.each(decompressor, records::uncompressed_bytes_max,
                   [&](const records::LegacyRecord& record) {
                     if (found || record.offset < from || record.timestamp < at_least) return;
                     found = TimestampOffset{record.timestamp, record.offset, no_leader_epoch};
                   }));
  return found;
}

/// Scans the segment from the batch that reaches `from` on for a batch whose largest timestamp is
/// `at_least` or more, and in it for the first such record.
Result<std::optional<TimestampOffset>> scan_for_timestamp(const Segment& segment,
                                                          std::int64_t at_least, Offset scan_from,
                                                          Offset from) {
  const auto file = TRY(segment.log_file(ReadMode::blocking));
  const auto size = segment.size();
  auto scanner = TRY(scanner_for(segment, *file, scan_from, size, ReadMode::blocking));
  while (const auto batch = TRY(scanner.next())) {
    const bool v2 = batch->header.magic == records::magic_v2;
    if (batch->header.last_offset < from) continue;
    if (v2 && batch->header.max_timestamp < at_least) continue;
    const auto found = TRY(find_record(TRY(scanner.whole()), batch->header, at_least, from));
    if (found) return found;
  }
  return std::nullopt;
}

}  // namespace

Result<std::optional<TimestampOffset>> Log::find_timestamp(std::int64_t timestamp) const {
  const auto start = positions().log_start;
  const auto list = state_->segment_list();
  for (auto i = segment_of(*list, start); i < list->size(); ++i) {
    const auto& segment = *(*list)[i];
    if (segment.size() == 0) continue;
    if (TRY(segment.max_timestamp()).timestamp < timestamp) continue;
    // Batches up to and with the entry's offset have smaller timestamps; the entry itself may
    // equal.
    const auto floor = TRY(segment.lookup_timestamp(timestamp - 1));
    const auto found = TRY(scan_for_timestamp(segment, timestamp, std::max(floor, start), start));
    if (found) return found;
  }
  return std::nullopt;
}

Result<std::optional<TimestampOffset>> Log::find_max_timestamp() const {
  const auto start = positions().log_start;
  const auto list = state_->segment_list();
  std::shared_ptr<Segment> best;
  MaxTimestamp max;
  for (auto i = segment_of(*list, start); i < list->size(); ++i) {
    const auto candidate = TRY((*list)[i]->max_timestamp());
    if (candidate.timestamp > max.timestamp) {
      max = candidate;
      best = (*list)[i];
    }
  }
  if (best == nullptr) return std::nullopt;
  // The index has the last offset of the batch, whose first such record is wanted.
  return scan_for_timestamp(*best, max.timestamp, start, start);
}

/// While the log leaves for another directory its files are not where they are looked for, and a
/// transaction index that is not found says nothing.
Result<std::vector<AbortedTxn>> Log::aborted_transactions(Offset from, Offset to) const {
  std::vector<AbortedTxn> found;
  SegmentList without;
  const auto before = state_->departures_if_here();
  const auto list = state_->segment_list();
  bool complete = false;
  for (auto i = segment_of(*list, from); i < list->size() && !complete; ++i) {
    const auto& segment = (*list)[i];
    const auto txns = TRY(segment->aborted_txns());
    if (txns.empty()) without.push_back(segment);
    for (const auto& txn : txns) {
      if (txn.last_offset >= from && txn.first_offset < to) found.push_back(txn);
      // Everything that may overlap has ended before this entry's stable offset (Kafka's rule).
      complete = txn.last_stable_offset >= to;
      if (complete) break;
    }
  }
  if (!before || state_->departures_if_here() != before) {
    return fail(Errc::unavailable, "the log moves to another directory");
  }
  for (const auto& segment : without) segment->learn_no_aborted();
  std::ranges::sort(found, {}, &AbortedTxn::first_offset);
  return found;
}

bool Log::knows_no_aborted(Offset from) const {
  const auto list = state_->segment_list();
  const auto begin = list->begin() + static_cast<std::ptrdiff_t>(segment_of(*list, from));
  return std::all_of(begin, list->end(), [](const auto& one) { return one->knows_no_aborted(); });
}

}  // namespace moldau::storage
