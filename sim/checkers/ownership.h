#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sim/history.h"

namespace moldau::sim {

/// In a group of the consumer protocol no partition has two owners. Who was told that a partition
/// is his owns it until he has given it up, or is told that he is no member any more. So nobody may
/// be told so while another, who was told before, is then still taken for a member and has not
/// given it up: that shows when a later heartbeat of his is answered.
class PartitionsHaveOneOwner final : public Checker {
 public:
  using Checker::Checker;
  std::string_view name() const override { return "partitions-have-one-owner"; }
  void see(const Event& event) override;

 private:
  struct Holding {
    MonoTime asked_at;
    MonoTime told_at;
  };
  using Place = std::pair<int, OwnedPartition>;  ///< in a group
  void on_told(const EpochTold& told);

  std::map<Place, std::map<std::string, Holding>> holdings_;  // by member id
};

/// The epoch of a member does not go back, nor does one who joins get an older one than what
/// somebody in the group was told before he asked.
class MemberEpochsMoveForward final : public Checker {
 public:
  using Checker::Checker;
  std::string_view name() const override { return "member-epochs-move-forward"; }
  void see(const Event& event) override;

 private:
  struct Step {
    MonoTime at;
    std::int32_t epoch;
  };
  std::map<std::pair<int, std::string>, std::int32_t> members_;
  std::map<int, std::vector<Step>> groups_;  // only steps upwards
};

}  // namespace moldau::sim
