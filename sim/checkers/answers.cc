#include "sim/checkers/answers.h"

#include <fmt/format.h>

namespace moldau::sim {

using protocol::ErrorCode;

namespace {

/// The broker has lost its disk or the topic, is starting or stopping, or is late.
bool may_happen(ErrorCode error) {
  switch (error) {
    case ErrorCode::none:
    case ErrorCode::kafka_storage_error:
    case ErrorCode::not_leader_or_follower:
    case ErrorCode::leader_not_available:
    case ErrorCode::unknown_topic_or_partition:
    case ErrorCode::unknown_topic_id:
    case ErrorCode::inconsistent_topic_id:
      return true;
    default:
      return false;
  }
}

bool may_happen_to_produce(ErrorCode error) {
  return may_happen(error) || error == ErrorCode::request_timed_out ||
         error == ErrorCode::out_of_order_sequence_number ||
         error == ErrorCode::invalid_producer_epoch;
}

bool may_happen_to_fetch(ErrorCode error) {
  return may_happen(error) || error == ErrorCode::offset_out_of_range;
}

}  // namespace

void AnswersArePossible::see(const Event& event) {
  if (const auto* impossible = std::get_if<AnswerImpossible>(&event)) {
    violated(impossible->at, std::nullopt, impossible->what);
  } else if (const auto* refused = std::get_if<BatchRefused>(&event)) {
    if (may_happen_to_produce(refused->error)) return;
    violated(refused->at, refused->where, fmt::format("a batch is refused: {}", refused->error));
  } else if (const auto* fetched = std::get_if<Fetched>(&event)) {
    if (may_happen_to_fetch(fetched->error)) return;
    violated(fetched->at, fetched->where, fmt::format("a fetch fails: {}", fetched->error));
  } else if (const auto* listed = std::get_if<OffsetListed>(&event)) {
    if (may_happen(listed->error)) return;
    violated(listed->at, listed->where, fmt::format("ListOffsets fails: {}", listed->error));
  }
}

}  // namespace moldau::sim
