#include "sim/checkers/generations.h"

#include <fmt/format.h>

#include <algorithm>

namespace moldau::sim {

using protocol::ErrorCode;

namespace {

/// After these the coordinator may load its log again, within one life of the broker.
bool may_fail_appends(const FaultInjected& fault) {
  return fault.what == "failed sync" || fault.what == "failed write" ||
         fault.what.ends_with("bytes of space left");
}

}  // namespace

void GenerationsAreExclusive::Floor::raise(MonoTime at, std::int32_t generation) {
  if (steps_.empty() || steps_.back().second < generation) steps_.emplace_back(at, generation);
}

std::int32_t GenerationsAreExclusive::Floor::before(MonoTime at) const {
  std::int32_t generation = -1;
  for (const auto& [known_at, known] : steps_) {
    if (known_at < at) generation = std::max(generation, known);
  }
  return generation;
}

void GenerationsAreExclusive::see(const Event& event) {
  if (const auto* joined = std::get_if<GroupJoined>(&event)) {
    on_joined(*joined);
  } else if (const auto* sent = std::get_if<AssignmentSent>(&event)) {
    sent_[sent->assignment] = *sent;
  } else if (const auto* told = std::get_if<AssignmentTold>(&event)) {
    on_told(*told);
  } else if (const auto* answered = std::get_if<CommitAnswered>(&event)) {
    on_committed(*answered);
  } else if (const auto* ended = std::get_if<BrokerEnded>(&event)) {
    forget_soft(ended->at);
  } else if (const auto* fault = std::get_if<FaultInjected>(&event)) {
    if (!may_fail_appends(*fault)) return;
    disk_fails_ = true;
    forget_soft(fault->at);
  } else if (const auto* calm = std::get_if<CalmBegun>(&event)) {
    disk_fails_ = false;
    forget_soft(calm->at);
  }
}

void GenerationsAreExclusive::forget_soft(MonoTime at) {
  soft_since_ = at;
  soft_.clear();
  leaders_.clear();
}

std::int32_t GenerationsAreExclusive::floor(int group, MonoTime at) {
  return std::max(durable_[group].before(at), soft_[group].before(at));
}

void GenerationsAreExclusive::on_joined(const GroupJoined& joined) {
  const std::int32_t generation = joined.as.generation;
  const auto complain = [&](const std::string& what) {
    violated(joined.at, std::nullopt,
             fmt::format("{} {}: {}", group_name(joined.group), joined.as.member_id, what));
  };
  const std::int32_t known = floor(joined.group, joined.asked_at);
  if (generation < known) {
    complain(fmt::format("joins generation {}, and {} was known before", generation, known));
  }
  if (!joined.as.instance_id.empty()) {
    auto& all = static_members_[{joined.group, joined.as.instance_id}];
    if (std::ranges::find(all, joined.as.member_id, &Joined::member_id) == all.end()) {
      all.push_back({joined.as.member_id, joined.asked_at, joined.at});
    }
  }
  if (disk_fails_ || joined.asked_at <= soft_since_) return;
  soft_[joined.group].raise(joined.at, generation);
  if (!joined.leads) return;
  const auto leader =
      leaders_.emplace(Generation(joined.group, generation), joined.as.member_id).first->second;
  if (!joined.as.is_or_replaces(leader)) {
    complain(fmt::format("leads generation {}, and so does {}", generation, leader));
  }
}

void GenerationsAreExclusive::on_told(const AssignmentTold& told) {
  const auto complain = [&](const std::string& what) {
    violated(told.at, std::nullopt,
             fmt::format("{} {} in generation {} {}", group_name(told.group), told.as.member_id,
                         told.as.generation, what));
  };
  const auto sent = sent_.find(told.assignment);
  if (sent == sent_.end() || sent->second.group != told.group ||
      sent->second.generation != told.as.generation) {
    return complain(fmt::format("is told assignment {}, which is not of it", told.assignment));
  }
  const auto mine = std::ranges::find_if(
      sent->second.to, [&](const auto& entry) { return told.as.is_or_replaces(entry.first); });
  if (mine == sent->second.to.end() || mine->second != told.partitions) {
    complain(fmt::format("is told other partitions than assignment {} says", told.assignment));
  }
  const int first =
      told_.emplace(Generation(told.group, told.as.generation), told.assignment).first->second;
  if (first != told.assignment) {
    complain(fmt::format("is told assignment {}, others {}", told.assignment, first));
  }
  durable_[told.group].raise(told.at, told.as.generation);
  const auto instance = static_members_.find({told.group, told.as.instance_id});
  if (instance == static_members_.end()) return;
  const auto me = std::ranges::find(instance->second, told.as.member_id, &Joined::member_id);
  if (me != instance->second.end()) me->told_at = std::min(me->told_at, told.at);
}

void GenerationsAreExclusive::on_committed(const CommitAnswered& answered) {
  if (answered.as.by_epoch) return;
  if (answered.error != ErrorCode::none || answered.as.generation < 0) return;
  const std::int32_t known = floor(answered.group, answered.sent_at);
  if (known > answered.as.generation) {
    violated(
        answered.at, answered.where,
        fmt::format("{}: commit {} in generation {} is taken, and {} was known before",
                    group_name(answered.group), answered.commit, answered.as.generation, known));
  }
  if (is_replaced(answered.group, answered.as, answered.sent_at)) {
    violated(answered.at, answered.where,
             fmt::format("{}: commit {} of {} is taken, which another {} had replaced",
                         group_name(answered.group), answered.commit, answered.as.member_id,
                         answered.as.instance_id));
  }
}

/// A later member of the same instance id was known when the commit was sent.
bool GenerationsAreExclusive::is_replaced(int group, const GroupIdentity& as,
                                          MonoTime sent_at) const {
  const auto instance = static_members_.find({group, as.instance_id});
  if (instance == static_members_.end()) return false;
  const auto me = std::ranges::find(instance->second, as.member_id, &Joined::member_id);
  if (me == instance->second.end()) return false;
  return std::ranges::any_of(instance->second, [&](const Joined& other) {
    const bool is_soft = !disk_fails_ && other.asked_at > soft_since_ && other.at < sent_at;
    return other.asked_at > me->at && (is_soft || other.told_at < sent_at);
  });
}

}  // namespace moldau::sim
