#pragma once

#include <map>
#include <set>

#include "sim/history.h"

namespace moldau::sim {

/// Within so long a broker on a sound disk answers, and wakes who waits.
inline constexpr Duration prompt_bound = milliseconds(3'000);

/// While it is calm every request is answered, without an error and in time, and a long poll ends
/// soon after what it waits for has come.
class AnswersArePrompt final : public Checker {
 public:
  using Checker::Checker;
  std::string_view name() const override { return "answers-are-prompt"; }
  void see(const Event& event) override;

 private:
  struct OpenRead {
    MonoTime begun;
    Offset from;
    Duration may_wait;
    MonoTime available{MonoTime::max()};  // since when there is something at `from`
  };
  void on_answer(MonoTime at, PartitionRef where, int read, protocol::ErrorCode error);
  void on_acked(const BatchAcked& acked);
  /// It was sent in the calm, to a topic that nobody deletes.
  bool counts(MonoTime sent_at, PartitionRef where) const;
  void check(MonoTime at, PartitionRef where, Duration took, const char* what);

  bool calm_{false};
  MonoTime calm_since_{};
  MonoTime disturbed_at_{};    // the last fault or end of the broker
  std::set<int> found_stale_;  // actors, in this calm
  std::map<PartitionRef, std::map<int, OpenRead>> open_;
};

}  // namespace moldau::sim
