#include "storage/verify_segment.h"

#include <algorithm>
#include <limits>

#include "storage/directory_scan.h"
#include "storage/file_names.h"

namespace moldau::storage {

namespace {

bool is_damage(Errc code) {
  return code == Errc::corrupt || code == Errc::truncated || code == Errc::unsupported ||
         code == Errc::too_large;
}

}  // namespace

void SegmentVerifier::say(Severity severity, std::optional<std::uint64_t> position, Offset offset,
                          std::string what) {
  findings_.add({.severity = severity,
                 .file = path_,
                 .position = position,
                 .offset = offset,
                 .what = std::move(what)});
}

/// A start after this stop reads the segment and makes its indexes.
bool SegmentVerifier::is_rebuilt() const {
  if (what_.log.last_stop == LastStop::clean) return false;
  if (!what_.next_base) return true;
  return what_.log.last_stop == LastStop::unclean && *what_.next_base > what_.log.recovery_point;
}

/// Whether a start takes what is wrong behind `cursor_.end` for a tail that was never synced.
/// Without a recovery point only a batch that the log's end cuts off is one.
bool SegmentVerifier::is_tail(Errc code) const {
  switch (what_.log.last_stop) {
    case LastStop::clean:
      return false;
    case LastStop::unclean:
      return cursor_.end >= what_.log.recovery_point;
    case LastStop::unknown:
      return !what_.next_base && code == Errc::truncated;
  }
  return false;
}

Result<> SegmentVerifier::open() {
  path_ = fmt::format("{}/{}", what_.log.directory, segment_file_name(what_.base, log_suffix));
  file_ = TRY(disk_.open(path_, env::OpenMode::read));
  size_ = TRY(file_->size());
  scanner_.emplace(*file_, 0, size_, ReadMode::passing, BatchScanner::scan_buffer);
  indexes_.emplace(disk_,
                   IndexVerifier::What{.directory = what_.log.directory,
                                       .base = what_.base,
                                       .is_rebuilt = is_rebuilt(),
                                       .is_last = !what_.next_base,
                                       .is_empty = size_ == 0},
                   findings_);
  TRY(indexes_->load());
  if (what_.base < cursor_.end) {
    const bool tail = is_tail(Errc::corrupt);
    say(tail ? Severity::warning : Severity::damage, 0, what_.base,
        fmt::format("begins below {}, where the segment before ends", cursor_.end));
  }
  cursor_.end = std::max(cursor_.end, what_.base);
  ++findings_.totals.segments;
  return {};
}

Result<bool> SegmentVerifier::step(std::uint64_t bytes) {
  if (!scanner_) TRY(open());
  const auto from = scanner_->position();
  while (scanner_->position() - from < bytes) {
    if (TRY(next())) continue;
    findings_.totals.bytes += scanner_->position() - from;
    return false;
  }
  findings_.totals.bytes += scanner_->position() - from;
  return true;
}

/// One batch; false at the segment's end, or where nothing behind it can be found.
Result<bool> SegmentVerifier::next() {
  const auto position = scanner_->position();
  BatchContents contents;
  auto batch = next_batch(contents);
  if (!batch) {
    if (!is_damage(batch.error().code)) return std::unexpected(std::move(batch).error());
    return on_bad_batch(position, batch.error());
  }
  if (!*batch) {
    indexes_->finish();
    return false;
  }
  const auto& header = (*batch)->header;
  ++findings_.totals.batches;
  findings_.totals.records += contents.records;
  if (contents.has_other_max_timestamp) {
    say(Severity::warning, position, header.base_offset,
        "the greatest timestamp is not what the header says");
  }
  check_epoch(**batch);
  indexes_->on_batch(**batch);
  cursor_.end = header.next_offset();
  TRY(replay(header));
  return true;
}

Result<std::optional<BatchPosition>> SegmentVerifier::next_batch(BatchContents& contents) {
  const auto batch = TRY(scanner_->next());
  if (!batch) return std::nullopt;
  const auto& header = batch->header;
  const auto bytes = TRY(scanner_->whole());
  if (header.base_offset < cursor_.end) {
    return fail(Errc::corrupt,
                fmt::format("offset {} follows {}", header.base_offset, cursor_.end - 1));
  }
  if (header.last_offset - what_.base > std::numeric_limits<std::int32_t>::max()) {
    return fail(Errc::corrupt,
                fmt::format("offset {} is out of the segment's reach", header.last_offset));
  }
  contents = TRY(check_contents(bytes, header, decompressor_));
  return batch;
}

/// False if the check of this segment ends here.
Result<bool> SegmentVerifier::on_bad_batch(std::uint64_t position, const Error& error) {
  if (is_tail(error.code)) {
    is_torn_ = true;
    say(Severity::warning, position, cursor_.end,
        fmt::format("torn tail, the next start cuts {} bytes: {}", size_ - position,
                    error.to_string()));
    return false;
  }
  say(Severity::damage, position, cursor_.end, error.to_string());
  indexes_->give_up();
  // If its size can be right there may be a batch behind it.
  const bool goes_on = scanner_->position() > position;
  if (!goes_on && position < size_) {
    say(Severity::damage, position, cursor_.end,
        fmt::format("{} bytes from here to the end can not be checked", size_ - position));
  }
  return goes_on;
}

void SegmentVerifier::check_epoch(const BatchPosition& batch) {
  const auto& header = batch.header;
  const auto epoch = header.leader_epoch;
  if (header.magic < records::magic_v2 || epoch.value() < 0) return;
  if (epoch < cursor_.epoch) {
    say(is_tail(Errc::corrupt) ? Severity::warning : Severity::damage, batch.position,
        header.base_offset, fmt::format("leader epoch {} follows {}", epoch, cursor_.epoch));
  }
  cursor_.epoch = std::max(cursor_.epoch, epoch);
  const auto known = cursor_.epochs.epoch_of(header.base_offset);
  if (known == epoch || cursor_.odd_epoch == epoch) return;
  const auto& entries = cursor_.epochs.entries();
  // Of what retention has taken, the file does not tell.
  if (!known && !entries.empty()) return;
  // What is behind the recovery point a start finds in the batches.
  if (what_.log.last_stop == LastStop::unclean && header.base_offset >= what_.log.recovery_point) {
    return;
  }
  cursor_.odd_epoch = epoch;
  const bool is_known_stop = what_.log.last_stop != LastStop::unknown;
  say(is_known_stop && known ? Severity::damage : Severity::warning, batch.position,
      header.base_offset,
      known ? fmt::format("leader epoch {} where {} says {}", epoch, leader_epoch_file, *known)
            : fmt::format("leader epoch {}, of which {} does not know", epoch, leader_epoch_file));
}

/// What the batch, which is good, does to producers and transactions.
Result<> SegmentVerifier::replay(const BatchHeader& header) {
  if (!header.has_producer()) return {};
  if (!header.is_control()) {
    cursor_.producers.append(header, WallMs{});
    return {};
  }
  const auto marker = parse_txn_marker(TRY(scanner_->whole()));
  if (!marker) {
    say(Severity::damage, std::nullopt, header.base_offset, marker.error().to_string());
    return {};
  }
  if (!*marker) return {};
  const auto ended = cursor_.producers.append_marker(header, **marker, WallMs{});
  if ((*marker)->commit) return {};
  indexes_->on_abort(header,
                     ended ? IndexVerifier::Ends::transaction : IndexVerifier::Ends::nothing_here);
  return {};
}

}  // namespace moldau::storage
