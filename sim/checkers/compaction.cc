#include "sim/checkers/compaction.h"

#include <fmt/format.h>

namespace moldau::sim {

void NewestOfEachKeyStays::see(const Event& event) {
  if (const auto* sent = std::get_if<BatchSent>(&event)) {
    if (!catalog().at(sent->where.topic).is_compacted()) return;
    for (std::int32_t i = 0; i < sent->count; ++i) {
      const auto record = keyed_record({sent->first.actor, sent->first.number + i});
      if (record.is_tombstone) tombstones_[sent->where].insert(record.key);
    }
  } else if (const auto* acked = std::get_if<BatchAcked>(&event)) {
    if (!catalog().at(acked->where.topic).is_compacted()) return;
    auto& keys = acked_[acked->where];
    for (std::int32_t i = 0; i < acked->count; ++i) {
      const RecordId id{acked->first.actor, acked->first.number + i};
      const Newest record{acked->base_offset + i, id};
      const auto [place, is_new] = keys.emplace(keyed_record(id).key, record);
      if (!is_new && place->second.offset < record.offset) place->second = record;
    }
  } else if (const auto* audit = std::get_if<AuditEnded>(&event)) {
    on_audit(*audit);
  }
}

void NewestOfEachKeyStays::on_audit(const AuditEnded& audit) {
  const auto acked = acked_.find(audit.where);
  if (acked == acked_.end() || catalog().at(audit.where.topic).deletion_begun) return;
  if (catalog().is_cut(audit.where)) return;
  std::map<int, Offset> left;
  for (const SeenRecord& record : audit.left) {
    if (record.id) left[keyed_record(*record.id).key] = record.offset;
  }
  for (const auto& [key, newest] : acked->second) {
    const auto last = left.find(key);
    if (last == left.end() ? tombstones_[audit.where].contains(key)
                           : last->second >= newest.offset) {
      continue;
    }
    return violated(audit.at, audit.where,
                    fmt::format("of key {} offset {} ({}#{}) was acknowledged, the last that is "
                                "left is {}",
                                key, newest.offset, newest.id.actor, newest.id.number,
                                last == left.end() ? no_offset : last->second));
  }
}

}  // namespace moldau::sim
