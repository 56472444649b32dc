#include "sim/checkers/liveness.h"

#include <fmt/format.h>

#include <algorithm>

namespace moldau::sim {

using protocol::ErrorCode;

void AnswersArePrompt::see(const Event& event) {
  if (const auto* calm = std::get_if<CalmBegun>(&event)) {
    calm_ = true;
    calm_since_ = calm->at;
    found_stale_.clear();
  } else if (std::holds_alternative<FaultInjected>(event) ||
             std::holds_alternative<BrokerEnded>(event)) {
    calm_ = false;
    disturbed_at_ = time_of(event);
  } else if (const auto* missed = std::get_if<BoundMissed>(&event)) {
    violated(missed->at, std::nullopt, missed->what);
  } else if (const auto* begun = std::get_if<ReadBegun>(&event)) {
    open_[begun->where][begun->read] = {begun->at, begun->from, begun->may_wait};
  } else if (const auto* fetched = std::get_if<Fetched>(&event)) {
    on_answer(fetched->at, fetched->where, fetched->read, fetched->error);
  } else if (const auto* listed = std::get_if<OffsetListed>(&event)) {
    on_answer(listed->at, listed->where, listed->read, listed->error);
  } else if (const auto* lost_read = std::get_if<ReadLost>(&event)) {
    open_[lost_read->where].erase(lost_read->read);
  } else if (const auto* acked = std::get_if<BatchAcked>(&event)) {
    on_acked(*acked);
  } else if (const auto* refused = std::get_if<BatchRefused>(&event)) {
    if (!counts(refused->sent_at, refused->where)) return;
    // Its producers have to begin a new epoch.
    const bool is_behind = refused->error == ErrorCode::out_of_order_sequence_number;
    if (is_behind && catalog().may_forget_sequences(refused->where)) return;
    violated(refused->at, refused->where,
             fmt::format("a batch is refused for no reason: {}", refused->error));
  } else if (const auto* lost = std::get_if<RequestLost>(&event)) {
    if (!calm_ || lost->sent_at < calm_since_) return;
    // A client that rests finds out by its next request that an earlier connection is gone.
    if (lost->connected_at <= disturbed_at_ && found_stale_.insert(lost->actor).second) return;
    violated(lost->at, std::nullopt, fmt::format("actor {}: {}", lost->actor, lost->why));
  }
}

bool AnswersArePrompt::counts(MonoTime sent_at, PartitionRef where) const {
  return calm_ && sent_at >= calm_since_ && catalog().is_safe(where.topic);
}

void AnswersArePrompt::check(MonoTime at, PartitionRef where, Duration took, const char* what) {
  if (took <= prompt_bound) return;
  violated(at, where, fmt::format("{} {} ms", what, to_ms(took)));
}

void AnswersArePrompt::on_acked(const BatchAcked& acked) {
  for (auto& [read, open] : open_[acked.where]) {
    if (open.from < acked.base_offset + acked.count) {
      open.available = std::min(open.available, acked.at);
    }
  }
  if (counts(acked.sent_at, acked.where)) {
    check(acked.at, acked.where, acked.at - acked.sent_at, "an acknowledgement took");
  }
}

void AnswersArePrompt::on_answer(MonoTime at, PartitionRef where, int read, ErrorCode error) {
  auto& open = open_[where];
  const auto found = open.find(read);
  if (found == open.end()) return;
  const OpenRead mine = found->second;
  open.erase(found);
  if (!counts(mine.begun, where)) return;
  // Whether rightly so is another checker's.
  const bool is_below = error == ErrorCode::offset_out_of_range &&
                        (catalog().is_trimmed(where.topic) || catalog().is_cut(where));
  if (error != ErrorCode::none && !is_below) {
    violated(at, where, fmt::format("read {} fails for no reason: {}", read, error));
  }
  check(at, where, at - mine.begun - mine.may_wait,
        "an answer came, after all that it might wait,");
  if (mine.available != MonoTime::max()) {
    check(at, where, at - mine.available, "a fetch was not woken by what it waited for, within");
  }
}

}  // namespace moldau::sim
