#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sim/history.h"

namespace moldau::sim {

/// In a generation there is one assignment, the leader's, and no generation comes twice.
///
/// Durable is a generation of which somebody was told an assignment: its record is committed. The
/// number of one that members have only joined lives as long as the broker, or as its log takes
/// appends: after a crash, and after a failed append, the same number is given once more, to
/// others.
///
/// - All who are told an assignment in a generation are told parts of the same one, as it was sent;
///   one leader leads it.
/// - Who asks to join after a generation was known gets that or a later one.
/// - A commit that was sent after a later generation was known is refused; so is one by a static
///   member that another has replaced.
class GenerationsAreExclusive final : public Checker {
 public:
  using Checker::Checker;
  std::string_view name() const override { return "generations-are-exclusive"; }
  void see(const Event& event) override;

 private:
  /// Generations by the time of their becoming known.
  class Floor {
   public:
    void raise(MonoTime at, std::int32_t generation);
    /// -1: none.
    std::int32_t before(MonoTime at) const;

   private:
    std::vector<std::pair<MonoTime, std::int32_t>> steps_;
  };
  struct Joined {  ///< a static member, by an id of its own
    std::string member_id;
    MonoTime asked_at;
    MonoTime at;
    MonoTime told_at{MonoTime::max()};  ///< an assignment: then it is in the log
  };
  using Generation = std::pair<int, std::int32_t>;  ///< group and number

  void on_joined(const GroupJoined& joined);
  void on_told(const AssignmentTold& told);
  void on_committed(const CommitAnswered& answered);
  void forget_soft(MonoTime at);
  std::int32_t floor(int group, MonoTime at);
  bool is_replaced(int group, const GroupIdentity& as, MonoTime sent_at) const;

  std::map<int, AssignmentSent> sent_;  // by number
  std::map<Generation, int> told_;      // the assignment that all of it must be told
  std::map<int, Floor> durable_;
  std::map<int, Floor> soft_;
  std::map<Generation, std::string> leaders_;  // soft
  std::map<std::pair<int, std::string>, std::vector<Joined>> static_members_;
  MonoTime soft_since_{};  // answers to earlier questions say nothing about what is soft
  bool disk_fails_{false};
};

}  // namespace moldau::sim
