#pragma once

#include "sim/history.h"

namespace moldau::sim {

/// A fetch from an offset gets that offset and all that follow, without a gap unless the topic is
/// compacted, none at or above the high watermark. Every log starts at 0, unless records of its
/// topic may go (log_start.h).
class OffsetsAreDense final : public Checker {
 public:
  using Checker::Checker;
  std::string_view name() const override { return "offsets-are-dense"; }
  void see(const Event& event) override;

 private:
  void on_fetched(const Fetched& fetched);
};

}  // namespace moldau::sim
