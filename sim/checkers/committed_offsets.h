#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/history.h"

namespace moldau::sim {

/// What a group is told of a partition's offset is its last commit. For each (group, partition) the
/// commits and the answers to OffsetFetch are those of one register: a commit happens at some
/// moment between its sending and its answer, a question likewise, also if the broker goes down in
/// between.
///
/// - A commit whose answer was lost has happened or not; if so then before the broker that it was
///   sent to came to its end, and before somebody was told of it.
/// - A commit that was refused has not happened, unless the broker could not say.
/// - So nobody may be told of a commit when another one, sent after it was over, is known to have
///   happened before the question; nor when, after it was over, somebody was told something else.
///
/// Topics that somebody has begun to delete do not count: their offsets go with them.
class CommittedOffsetsStay final : public Checker {
 public:
  using Checker::Checker;
  std::string_view name() const override { return "committed-offsets-stay"; }
  void see(const Event& event) override;

 private:
  struct Commit {
    int number{0};  ///< 0: that nobody has committed anything
    std::optional<Offset> offset;
    MonoTime sent_at{};
    MonoTime over_at{MonoTime::max()};   ///< if it has happened at all, then by now
    MonoTime known_at{MonoTime::max()};  ///< somebody knows that it has happened
    bool refused{false};
    bool is_open() const { return over_at == MonoTime::max(); }
  };
  struct Told {
    MonoTime asked_at;
    MonoTime at;
    int commit;  ///< 0: no offset
  };
  struct Register {
    std::vector<Commit> commits{Commit{.over_at = MonoTime::min(), .known_at = MonoTime::min()}};
    std::vector<Told> told;
  };

  void on_answered(const CommitAnswered& answered);
  void on_told(const OffsetTold& told);
  void on_broker_ended(MonoTime at);
  /// Why the commit cannot be the last one at a question of that time; empty: it can.
  static std::string superseded(const Register& all, const Commit& commit, MonoTime asked_at);
  static Commit* find(Register& all, int number);

  std::map<std::pair<int, PartitionRef>, Register> registers_;
};

}  // namespace moldau::sim
