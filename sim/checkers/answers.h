#pragma once

#include "sim/history.h"

namespace moldau::sim {

/// Errors are those that Kafka would give in that place, never "unknown" ones, never that a client
/// who speaks the protocol does not speak it.
class AnswersArePossible final : public Checker {
 public:
  using Checker::Checker;
  std::string_view name() const override { return "answers-are-possible"; }
  void see(const Event& event) override;
};

}  // namespace moldau::sim
