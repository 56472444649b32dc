#include "sim/checkers/ownership.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

namespace moldau::sim {

void PartitionsHaveOneOwner::see(const Event& event) {
  if (const auto* told = std::get_if<EpochTold>(&event)) {
    on_told(*told);
  } else if (const auto* released = std::get_if<PartitionsReleased>(&event)) {
    for (const OwnedPartition& partition : released->partitions) {
      holdings_[{released->group, partition}].erase(released->as.member_id);
    }
  }
}

void PartitionsHaveOneOwner::on_told(const EpochTold& told) {
  for (const OwnedPartition& partition : told.owned) {
    const auto& all = holdings_[{told.group, partition}];
    const auto mine = all.find(told.as.member_id);
    if (mine == all.end()) continue;
    for (const auto& [other, holding] : all) {
      const bool is_later = holding.asked_at >= mine->second.told_at;
      if (!is_later || holding.told_at > told.sent_at || other == told.as.member_id) continue;
      violated(told.at, std::nullopt,
               fmt::format("{}: {:?} was told to own partition {} of {} while {:?} owned it, whose "
                           "heartbeat was taken later",
                           group_name(told.group), other, partition.second, partition.first,
                           told.as.member_id));
    }
  }
  if (!told.assigned) return;
  for (const OwnedPartition& partition : *told.assigned) {
    holdings_[{told.group, partition}].try_emplace(told.as.member_id,
                                                   Holding{told.sent_at, told.at});
  }
}

void MemberEpochsMoveForward::see(const Event& event) {
  const auto* told = std::get_if<EpochTold>(&event);
  if (told == nullptr) return;
  const std::int32_t epoch = told->as.generation;
  const auto complain = [&](std::int32_t known, const char* whose) {
    violated(told->at, std::nullopt,
             fmt::format("{}: {:?} is told epoch {}, and {} was {} before", group_name(told->group),
                         told->as.member_id, epoch, whose, known));
  };
  auto& mine = members_[{told->group, told->as.member_id}];
  if (!told->joins && epoch < mine) complain(mine, "its own");
  mine = epoch;
  auto& steps = groups_[told->group];
  for (const Step& step : steps | std::views::reverse) {
    if (step.at >= told->sent_at) continue;
    if (told->joins && epoch < step.epoch) complain(step.epoch, "another's");
    break;
  }
  if (steps.empty() || steps.back().epoch < epoch) steps.push_back({told->at, epoch});
}

}  // namespace moldau::sim
