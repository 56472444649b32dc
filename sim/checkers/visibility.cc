#include "sim/checkers/visibility.h"

#include <fmt/format.h>

#include <algorithm>

namespace moldau::sim {

using protocol::ErrorCode;

void FloorChecker::see(const Event& event) {
  if (const auto* begun = std::get_if<ReadBegun>(&event)) {
    const auto known = known_.find(begun->where);
    if (known != known_.end()) floors_[begun->read] = known->second;
  } else if (const auto* fetched = std::get_if<Fetched>(&event)) {
    on_answer(fetched->at, fetched->where, fetched->read, fetched->error, fetched->high_watermark,
              fetched->from);
  } else if (const auto* listed = std::get_if<OffsetListed>(&event)) {
    if (listed->which == ListedOffset::latest) {
      on_answer(listed->at, listed->where, listed->read, listed->error, listed->offset, no_offset);
    }
    floors_.erase(listed->read);
  } else if (const auto* lost = std::get_if<ReadLost>(&event)) {
    floors_.erase(lost->read);
  }
  learn(event);
}

void FloorChecker::raise(PartitionRef where, Offset to) {
  Offset& known = known_[where];
  known = std::max(known, to);
}

void FloorChecker::on_answer(MonoTime at, PartitionRef where, int read, ErrorCode error, Offset end,
                             Offset from) {
  const auto found = floors_.find(read);
  if (found == floors_.end()) return;
  const Offset floor = std::min(found->second, catalog().intact_below(where));
  floors_.erase(found);
  if (catalog().at(where.topic).deletion_begun) return;
  if (error == ErrorCode::offset_out_of_range && from <= floor &&
      !catalog().is_trimmed(where.topic)) {
    violated(at, where,
             fmt::format("{} {} before read {} was sent, and offset {} is out of range", what(),
                         floor, read, from));
  }
  if (error == ErrorCode::none && end < floor) {
    violated(at, where,
             fmt::format("{} {} before read {} was sent, and the answer says {}", what(), floor,
                         read, end));
  }
}

void AcknowledgedIsVisible::learn(const Event& event) {
  if (const auto* acked = std::get_if<BatchAcked>(&event)) {
    raise(acked->where, acked->base_offset + acked->count);
  }
}

void HighWatermarkNeverGoesBack::learn(const Event& event) {
  if (const auto* fetched = std::get_if<Fetched>(&event)) {
    if (fetched->error != ErrorCode::none) return;
    raise(fetched->where, fetched->high_watermark);
    if (!fetched->records.empty()) raise(fetched->where, fetched->records.back().offset + 1);
  } else if (const auto* listed = std::get_if<OffsetListed>(&event)) {
    const bool is_end = listed->which == ListedOffset::latest && listed->error == ErrorCode::none;
    if (is_end) raise(listed->where, listed->offset);
  }
}

}  // namespace moldau::sim
