#include "sim/history.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/checkers/answers.h"
#include "sim/checkers/committed_offsets.h"
#include "sim/checkers/compaction.h"
#include "sim/checkers/durability.h"
#include "sim/checkers/generations.h"
#include "sim/checkers/liveness.h"
#include "sim/checkers/log_start.h"
#include "sim/checkers/offsets.h"
#include "sim/checkers/ownership.h"
#include "sim/checkers/producers.h"
#include "sim/checkers/topics.h"
#include "sim/checkers/visibility.h"

namespace moldau::sim {

const Catalog& Checker::catalog() const {
  return history_.catalog();
}

void Checker::violated(MonoTime at, std::optional<PartitionRef> where, std::string what) {
  history_.report({std::string(name()), at, where, std::move(what)});
}

void History::add(Event event) {
  learn(event);
  if (line_) line_(time_of(event), describe(event, catalog_));
  for (const auto& checker : checkers_) checker->see(event);
  events_.push_back(std::move(event));
}

void History::report(Violation violation) {
  if (line_) line_(violation.at, "VIOLATED " + violation.checker + ": " + violation.what);
  if (violations_.size() < violations_max) violations_.push_back(std::move(violation));
}

void History::learn(const Event& event) {
  if (const auto* e = std::get_if<TopicCreated>(&event)) {
    auto& topic = catalog_.at(e->topic);
    topic.creation_acked = true;
    topic.partitions = std::max(topic.partitions, e->partitions);
  } else if (const auto* added = std::get_if<PartitionsAdded>(&event)) {
    auto& topic = catalog_.at(added->topic);
    topic.partitions = std::max(topic.partitions, added->partitions);
  } else if (const auto* begun = std::get_if<DeletionBegun>(&event)) {
    catalog_.at(begun->topic).deletion_begun = true;
  } else if (const auto* deleted = std::get_if<TopicDeleted>(&event)) {
    catalog_.at(deleted->topic).deletion_acked = true;
  } else if (const auto* damaged = std::get_if<BytesDamaged>(&event)) {
    if (damaged->where) catalog_.hurt(*damaged->where, damaged->intact_below);
  } else if (std::holds_alternative<DamageMended>(event)) {
    catalog_.mend();
  } else if (std::holds_alternative<BrokerStarted>(event)) {
    ++broker_starts_;
  } else if (const auto* acked = std::get_if<BatchAcked>(&event)) {
    Offset& end = acked_ends_[acked->where];
    end = std::max(end, acked->base_offset + acked->count);
  }
}

Offset History::acked_end(PartitionRef where) const {
  const auto found = acked_ends_.find(where);
  return found == acked_ends_.end() ? Offset(0) : found->second;
}

std::string History::story(const Violation& violation, std::size_t lines_max) const {
  std::vector<std::string> lines;
  for (auto event = events_.rbegin(); event != events_.rend() && lines.size() < lines_max;
       ++event) {
    const MonoTime at = time_of(*event);
    if (at > violation.at) continue;
    const auto where = partition_of(*event);
    if (where && violation.where && *where != *violation.where) continue;
    lines.push_back(fmt::format("  {:>12.3f} ms  {}",
                                static_cast<double>(at.time_since_epoch().count()) / 1e6,
                                describe(*event, catalog_)));
  }
  std::ranges::reverse(lines);
  return fmt::format("{}\n", fmt::join(lines, "\n"));
}

void watch_all(History& history) {
  history.watch_with<AcknowledgedIsNeverLost>();
  history.watch_with<ReadIsNeverChanged>();
  history.watch_with<AcknowledgedIsVisible>();
  history.watch_with<HighWatermarkNeverGoesBack>();
  history.watch_with<OffsetsAreDense>();
  history.watch_with<LogStartMovesForward>();
  history.watch_with<OnlyWhatMayGoGoes>();
  history.watch_with<OnlySentRecordsAppear>();
  history.watch_with<ProducersAreInOrderAndExactlyOnce>();
  history.watch_with<SequencesAreRemembered>();
  history.watch_with<ProducerIdsAreUnique>();
  history.watch_with<TopicsStay>();
  history.watch_with<BrokerStarts>();
  history.watch_with<AnswersArePossible>();
  history.watch_with<AnswersArePrompt>();
  history.watch_with<CommittedOffsetsStay>();
  history.watch_with<GenerationsAreExclusive>();
  history.watch_with<NewestOfEachKeyStays>();
  history.watch_with<PartitionsHaveOneOwner>();
  history.watch_with<MemberEpochsMoveForward>();
}

}  // namespace moldau::sim
