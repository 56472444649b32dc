#include "sim/checkers/offsets.h"

#include <fmt/format.h>

namespace moldau::sim {

using protocol::ErrorCode;

void OffsetsAreDense::see(const Event& event) {
  if (const auto* acked = std::get_if<BatchAcked>(&event);
      acked && acked->base_offset < Offset(0)) {
    violated(acked->at, acked->where,
             fmt::format("a batch was acknowledged at offset {}", acked->base_offset));
  }
  if (const auto* fetched = std::get_if<Fetched>(&event)) on_fetched(*fetched);
  const auto* listed = std::get_if<OffsetListed>(&event);
  if (listed != nullptr && listed->which == ListedOffset::earliest &&
      listed->error == ErrorCode::none && listed->offset != Offset(0) &&
      !catalog().is_trimmed(listed->where.topic)) {
    violated(listed->at, listed->where, fmt::format("the log starts at {}", listed->offset));
  }
}

void OffsetsAreDense::on_fetched(const Fetched& fetched) {
  if (fetched.error != ErrorCode::none) return;
  const bool has_lost_some = fetched.log_start != Offset(0) && fetched.log_start != no_offset;
  if (has_lost_some && !catalog().is_trimmed(fetched.where.topic)) {
    violated(fetched.at, fetched.where, fmt::format("the log starts at {}", fetched.log_start));
  }
  const bool may_lack_some = catalog().at(fetched.where.topic).is_compacted();
  Offset expected = fetched.from;
  for (const SeenRecord& record : fetched.records) {
    if (!record.id && catalog().is_hurt(fetched.where)) return;
    if (may_lack_some) expected = std::max(expected, record.offset);
    if (record.offset != expected) {
      return violated(fetched.at, fetched.where,
                      fmt::format("read {} gets offset {} where {} belongs", fetched.read,
                                  record.offset, expected));
    }
    ++expected;
  }
  if (!fetched.records.empty() && expected > fetched.high_watermark) {
    violated(fetched.at, fetched.where,
             fmt::format("read {} gets records up to {}, above the high watermark {}", fetched.read,
                         expected, fetched.high_watermark));
  }
}

}  // namespace moldau::sim
