#include "sim/checkers/durability.h"

#include <fmt/format.h>

namespace moldau::sim {

namespace {
std::string text_of(const std::optional<RecordId>& id) {
  return id ? fmt::format("{}#{}", id->actor, id->number) : std::string("damaged bytes");
}
}  // namespace

void AcknowledgedIsNeverLost::see(const Event& event) {
  if (const auto* acked = std::get_if<BatchAcked>(&event)) on_acked(*acked);
  if (const auto* fetched = std::get_if<Fetched>(&event)) on_fetched(*fetched);
  if (const auto* audit = std::get_if<AuditEnded>(&event)) on_audit(*audit);
}

void AcknowledgedIsNeverLost::on_acked(const BatchAcked& acked) {
  auto& offsets = acked_[acked.where];
  for (std::int32_t i = 0; i < acked.count; ++i) {
    const Offset offset = acked.base_offset + i;
    const RecordId id{acked.first.actor, acked.first.number + i};
    if (offset >= catalog().intact_below(acked.where)) return;
    const auto [place, is_new] = offsets.emplace(offset, id);
    if (is_new || place->second == id) continue;
    violated(acked.at, acked.where,
             fmt::format("offset {} was acknowledged for {} and then for {}", offset,
                         text_of(place->second), text_of(id)));
    return;
  }
}

void AcknowledgedIsNeverLost::on_fetched(const Fetched& fetched) {
  const auto known = acked_.find(fetched.where);
  if (known == acked_.end() || catalog().at(fetched.where.topic).deletion_begun) return;
  for (const SeenRecord& record : fetched.records) {
    if (!record.id && catalog().is_hurt(fetched.where)) continue;
    if (record.offset >= catalog().intact_below(fetched.where)) return;
    const auto acked = known->second.find(record.offset);
    if (acked == known->second.end() || record.id == acked->second) continue;
    violated(fetched.at, fetched.where,
             fmt::format("offset {} was acknowledged for {} and holds {}", record.offset,
                         text_of(acked->second), text_of(record.id)));
    return;
  }
}

void AcknowledgedIsNeverLost::on_audit(const AuditEnded& audit) {
  const auto known = acked_.find(audit.where);
  if (known == acked_.end() || known->second.empty()) return;
  if (catalog().at(audit.where.topic).deletion_begun) return;
  const Offset first = known->second.begin()->first;
  const Offset intact = catalog().intact_below(audit.where);
  const Offset last = std::min(known->second.rbegin()->first, intact - 1);
  // log_start.h knows what may go from its front.
  const bool has_first = audit.log_start <= first || catalog().is_trimmed(audit.where.topic);
  if (has_first && last < audit.end) return;
  violated(audit.at, audit.where,
           fmt::format("offsets {} to {} were acknowledged, the log goes from {} to {}", first,
                       last, audit.log_start, audit.end));
}

void ReadIsNeverChanged::see(const Event& event) {
  if (const auto* fetched = std::get_if<Fetched>(&event)) on_fetched(*fetched);
  if (const auto* audit = std::get_if<AuditEnded>(&event)) on_audit(*audit);
}

void ReadIsNeverChanged::on_fetched(const Fetched& fetched) {
  if (catalog().at(fetched.where.topic).deletion_begun) return;
  auto& read = read_[fetched.where];
  for (const SeenRecord& record : fetched.records) {
    if (!record.id && catalog().is_hurt(fetched.where)) continue;
    if (record.offset >= catalog().intact_below(fetched.where)) return;
    const auto [place, is_new] = read.emplace(record.offset, record);
    if (is_new || place->second == record) continue;
    violated(fetched.at, fetched.where,
             fmt::format("offset {} was read as {} and now holds {}", record.offset,
                         text_of(place->second.id), text_of(record.id)));
    return;
  }
}

void ReadIsNeverChanged::on_audit(const AuditEnded& audit) {
  const auto read = read_.find(audit.where);
  if (read == read_.end() || read->second.empty()) return;
  if (catalog().at(audit.where.topic).deletion_begun) return;
  const Offset last =
      std::min(read->second.rbegin()->first, catalog().intact_below(audit.where) - 1);
  if (last < audit.end) return;
  violated(audit.at, audit.where,
           fmt::format("offset {} was read, and the log ends at {}", last, audit.end));
}

}  // namespace moldau::sim
