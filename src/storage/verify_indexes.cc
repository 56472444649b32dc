#include "storage/verify_indexes.h"

#include <algorithm>

#include "storage/file_names.h"
#include "storage/segment.h"

namespace moldau::storage {

IndexVerifier::IndexVerifier(env::Disk& disk, What what, Findings& findings)
    : disk_(disk), what_(std::move(what)), findings_(findings) {}

std::string IndexVerifier::path(std::string_view suffix) const {
  return fmt::format("{}/{}", what_.directory, segment_file_name(what_.base, suffix));
}

void IndexVerifier::say(std::string_view suffix, std::string what) {
  if (what_.is_rebuilt) what += "; the next start makes it again";
  findings_.add({.severity = what_.is_rebuilt ? Severity::warning : Severity::damage,
                 .file = path(suffix),
                 .what = std::move(what)});
}

template <class Entry>
Result<std::vector<Entry>> IndexVerifier::load(std::string_view suffix, bool& is_there) {
  auto entries = read_index_file<Entry>(disk_, path(suffix));
  is_there = entries.has_value();
  if (entries) return entries;
  const auto code = entries.error().code;
  if (code == Errc::corrupt || code == Errc::too_large) {
    say(suffix, entries.error().to_string());
  } else if (code != Errc::not_found) {
    return entries;
  } else if (suffix != txn_index_suffix && !what_.is_rebuilt && !what_.is_empty) {
    findings_.add({.severity = Severity::warning,
                   .file = path(suffix),
                   .what = "is missing; the next start makes it again"});
  }
  return std::vector<Entry>{};
}

Result<> IndexVerifier::load() {
  bool is_there = false;
  offsets_ = TRY(load<OffsetIndexEntry>(index_suffix, is_there));
  times_ = TRY(load<TimeIndexEntry>(time_index_suffix, has_times_));
  aborted_ = TRY(load<AbortedTxn>(txn_index_suffix, is_there));
  return {};
}

void IndexVerifier::on_batch(const BatchPosition& batch) {
  if (gave_up_) return;
  check_offsets(batch);
  check_times(batch.header);
}

void IndexVerifier::check_offsets(const BatchPosition& batch) {
  const auto& header = batch.header;
  // Older releases of Kafka enter several batches that were written at once as one: the position
  // of the first, the last offset of all.
  if (ends_later_ && header.last_offset >= *ends_later_) {
    if (header.last_offset != *ends_later_) {
      say(index_suffix, fmt::format("names offset {}, where no batch ends", *ends_later_));
    }
    ends_later_.reset();
  }
  for (; next_offset_ < offsets_.size(); ++next_offset_) {
    const auto& entry = offsets_[next_offset_];
    const auto position = static_cast<std::uint64_t>(entry.position);
    if (position > batch.position) break;
    const auto offset = what_.base + entry.relative_offset;
    if (position < batch.position) {
      say(index_suffix, fmt::format("offset {} is at {}, where no batch begins", offset, position));
    } else if (offset > header.last_offset) {
      ends_later_ = offset;
    } else if (offset < header.last_offset) {
      say(index_suffix, fmt::format("offset {} is at {}, where a batch begins that ends at {}",
                                    offset, position, header.last_offset));
    }
  }
}

/// An entry: no record up to its offset is newer than its timestamp, and one is as new.
void IndexVerifier::check_times(const BatchHeader& header) {
  const auto with_this = std::max(max_timestamp_, header.max_timestamp);
  for (; next_time_ < times_.size(); ++next_time_) {
    const auto offset = what_.base + times_[next_time_].relative_offset;
    if (offset > header.last_offset) break;
    check_time(times_[next_time_], offset < header.base_offset ? max_timestamp_ : with_this);
  }
  max_timestamp_ = with_this;
}

void IndexVerifier::check_time(const TimeIndexEntry& entry, std::int64_t max_timestamp) {
  if (entry.timestamp == max_timestamp) return;
  say(time_index_suffix,
      fmt::format("timestamp {} for offset {}, up to which the newest is {}", entry.timestamp,
                  what_.base + entry.relative_offset, max_timestamp));
}

void IndexVerifier::on_abort(const BatchHeader& marker, Ends ends) {
  if (gave_up_) return;
  for (; next_aborted_ < aborted_.size(); ++next_aborted_) {
    const auto& entry = aborted_[next_aborted_];
    if (entry.last_offset > marker.last_offset) break;
    if (entry.last_offset < marker.last_offset) {
      say(txn_index_suffix,
          fmt::format("an aborted transaction ends at {}, where no abort marker is",
                      entry.last_offset));
      continue;
    }
    if (entry.producer_id != marker.producer_id || entry.first_offset > entry.last_offset) {
      say(txn_index_suffix,
          fmt::format(
              "the transaction that is aborted at {} is that of producer {}, not {} from {}",
              entry.last_offset, marker.producer_id, entry.producer_id, entry.first_offset));
    }
    ++next_aborted_;
    return;
  }
  if (ends == Ends::nothing_here) return;
  say(txn_index_suffix,
      fmt::format(
          "no entry for the transaction of producer {} that is aborted at {}: what it wrote "
          "is taken for committed",
          marker.producer_id, marker.last_offset));
}

void IndexVerifier::finish() {
  if (gave_up_) return;
  if (ends_later_)
    say(index_suffix, fmt::format("names offset {}, where no batch ends", *ends_later_));
  if (next_offset_ < offsets_.size()) {
    say(index_suffix, fmt::format("entries from {} on point behind the segment's end",
                                  offsets_[next_offset_].position));
  }
  if (next_time_ < times_.size()) {
    say(time_index_suffix, fmt::format("offset {} is not in the segment",
                                       what_.base + times_[next_time_].relative_offset));
  }
  if (next_aborted_ < aborted_.size()) {
    say(txn_index_suffix, fmt::format("an aborted transaction ends at {}, where no abort marker is",
                                      aborted_[next_aborted_].last_offset));
  }
  // A roll enters the newest: retention goes by it.
  const bool is_closed = has_times_ && !what_.is_last && !what_.is_rebuilt;
  const auto newest = times_.empty() ? records::no_timestamp : times_.back().timestamp;
  if (is_closed && newest < max_timestamp_) {
    findings_.add({.severity = Severity::warning,
                   .file = path(time_index_suffix),
                   .what = fmt::format("ends with timestamp {}, the segment's newest is {}", newest,
                                       max_timestamp_)});
  }
}

}  // namespace moldau::storage
