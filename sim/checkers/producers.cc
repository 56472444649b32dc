#include "sim/checkers/producers.h"

#include <fmt/format.h>

#include "records/batch.h"

namespace moldau::sim {

using protocol::ErrorCode;

void SentRecords::learn(const Event& event) {
  const auto* sent = std::get_if<BatchSent>(&event);
  if (sent != nullptr) batches_.emplace(sent->first, *sent);
}

const BatchSent* SentRecords::find(RecordId id) const {
  auto after = batches_.upper_bound(id);
  if (after == batches_.begin()) return nullptr;
  const BatchSent& batch = std::prev(after)->second;
  const bool is_in = batch.first.actor == id.actor && id.number < batch.first.number + batch.count;
  return is_in ? &batch : nullptr;
}

void OnlySentRecordsAppear::see(const Event& event) {
  sent_.learn(event);
  const auto* fetched = std::get_if<Fetched>(&event);
  if (fetched == nullptr) return;
  for (const SeenRecord& record : fetched->records) {
    // Its checksum says so: the client does not take it.
    if (!record.id && catalog().is_hurt(fetched->where)) continue;
    const std::string problem = problem_of(fetched->where, record);
    if (problem.empty()) continue;
    return violated(fetched->at, fetched->where,
                    fmt::format("offset {} holds {}", record.offset, problem));
  }
}

std::string OnlySentRecordsAppear::problem_of(PartitionRef where, const SeenRecord& record) const {
  if (!record.id) return "bytes that nobody sent";
  const BatchSent* const batch = sent_.find(*record.id);
  const std::string name = fmt::format("{}#{}", record.id->actor, record.id->number);
  if (batch == nullptr) return name + ", which was never sent";
  if (batch->where != where) return name + ", which was sent elsewhere";
  const bool is_idempotent = batch->producer_id != no_producer_id;
  const std::int32_t sequence =
      is_idempotent ? records::increment_sequence(batch->base_sequence,
                                                  record.id->number - batch->first.number)
                    : records::no_sequence;
  if (record.producer_id != batch->producer_id || record.sequence != sequence) {
    return fmt::format("{} as producer {} sequence {}, sent as {} sequence {}", name,
                       record.producer_id, record.sequence, batch->producer_id, sequence);
  }
  return {};
}

void ProducersAreInOrderAndExactlyOnce::see(const Event& event) {
  sent_.learn(event);
  if (const auto* fetched = std::get_if<Fetched>(&event)) {
    if (catalog().at(fetched->where.topic).deletion_begun || catalog().is_cut(fetched->where)) {
      return;
    }
    for (const SeenRecord& record : fetched->records) on_record(*fetched, record);
  }
  if (const auto* audit = std::get_if<AuditEnded>(&event)) on_audit(*audit);
}

void ProducersAreInOrderAndExactlyOnce::on_record(const Fetched& fetched,
                                                  const SeenRecord& record) {
  const BatchSent* const batch = record.id ? sent_.find(*record.id) : nullptr;
  if (batch == nullptr) return;  // another checker's
  const PartitionRef where = fetched.where;
  const auto [place, is_new] = places_.emplace(std::pair(where, *record.id), record.offset);
  if (!is_new) {
    if (place->second == record.offset) return;
    return violated(fetched.at, where,
                    fmt::format("{}#{} is at offset {} and at {}", record.id->actor,
                                record.id->number, place->second, record.offset));
  }
  const bool is_idempotent = batch->producer_id != no_producer_id;
  auto& line = lines_[{where, record.id->actor, is_idempotent ? 0 : batch->connection}];
  const auto mine = line.emplace(record.id->number, record.offset).first;
  const auto next = std::next(mine);
  const bool after_last = mine == line.begin() || std::prev(mine)->second < record.offset;
  const bool before_next = next == line.end() || record.offset < next->second;
  if (!after_last || !before_next) {
    violated(fetched.at, where,
             fmt::format("{}#{} at offset {} is out of order", record.id->actor, record.id->number,
                         record.offset));
  }
  if (is_idempotent) {
    sequences_[{where, batch->producer_id, batch->producer_epoch}].emplace(record.sequence,
                                                                           record.offset);
  }
}

void ProducersAreInOrderAndExactlyOnce::on_audit(const AuditEnded& audit) {
  const TopicKnowledge& topic = catalog().at(audit.where.topic);
  if (topic.deletion_begun || topic.is_compacted() || catalog().is_cut(audit.where)) return;
  for (const auto& [identity, sequences] : sequences_) {
    if (identity.where != audit.where) continue;
    // Below the log's start nobody may have read them all.
    std::int32_t count = 0;
    std::int32_t first = 0;
    for (const auto& [sequence, offset] : sequences) {
      if (offset < audit.log_start) continue;
      if (count++ == 0) first = sequence;
    }
    if (count == 0) continue;
    const std::int32_t last = sequences.rbegin()->first;
    const bool has_begin = first == 0 || audit.log_start > Offset(0);
    if (has_begin && last - first == count - 1) continue;
    violated(audit.at, audit.where,
             fmt::format("producer {} epoch {}: {} records with the sequences {} to {}",
                         identity.id, identity.epoch, count, first, last));
  }
}

void SequencesAreRemembered::see(const Event& event) {
  sent_.learn(event);
  if (const auto* started = std::get_if<BrokerStarted>(&event)) last_start_ = started->at;
  const auto* refused = std::get_if<BatchRefused>(&event);
  if (refused == nullptr || !refused->follows_acked) return;
  if (catalog().at(refused->where.topic).deletion_begun) return;
  // A snapshot that is damaged is made again from what is left of the log.
  if (catalog().is_cut(refused->where)) return;
  if (catalog().was_hurt(refused->where) && catalog().is_trimmed(refused->where.topic)) return;
  const BatchSent* const batch = sent_.find(refused->first);
  const bool was_under_way = batch != nullptr && batch->at < last_start_;
  switch (refused->error) {
    case ErrorCode::out_of_order_sequence_number:
      if (was_under_way) break;
      [[fallthrough]];
    case ErrorCode::duplicate_sequence_number:
    case ErrorCode::invalid_producer_epoch:
    case ErrorCode::unknown_producer_id:
      violated(refused->at, refused->where,
               fmt::format("{}#{} is refused with {}", refused->first.actor, refused->first.number,
                           refused->error));
      break;
    default:
      break;
  }
}

void ProducerIdsAreUnique::see(const Event& event) {
  const auto* given = std::get_if<ProducerIdGiven>(&event);
  if (given == nullptr) return;
  if (!given_.insert(given->producer_id).second) {
    violated(given->at, std::nullopt,
             fmt::format("producer id {} is given out again", given->producer_id));
  }
}

}  // namespace moldau::sim
