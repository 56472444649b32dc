#include "sim/checkers/committed_offsets.h"

#include <fmt/format.h>

#include <algorithm>

namespace moldau::sim {

using protocol::ErrorCode;

namespace {

double ms_of(MonoTime time) {
  return static_cast<double>(time.time_since_epoch().count()) / 1e6;
}

/// The coordinator had decided, and then lost the log or its place.
bool leaves_open(ErrorCode error) {
  return error == ErrorCode::coordinator_not_available || error == ErrorCode::not_coordinator;
}

}  // namespace

void CommittedOffsetsStay::see(const Event& event) {
  if (const auto* sent = std::get_if<CommitSent>(&event)) {
    registers_[{sent->group, sent->where}].commits.push_back(
        {.number = sent->commit, .offset = sent->offset, .sent_at = sent->at});
  } else if (const auto* answered = std::get_if<CommitAnswered>(&event)) {
    on_answered(*answered);
  } else if (const auto* told = std::get_if<OffsetTold>(&event)) {
    on_told(*told);
  } else if (const auto* ended = std::get_if<BrokerEnded>(&event)) {
    on_broker_ended(ended->at);
  }
}

CommittedOffsetsStay::Commit* CommittedOffsetsStay::find(Register& all, int number) {
  const auto found = std::ranges::find(all.commits, number, &Commit::number);
  return found == all.commits.end() ? nullptr : &*found;
}

void CommittedOffsetsStay::on_answered(const CommitAnswered& answered) {
  Commit* const commit = find(registers_[{answered.group, answered.where}], answered.commit);
  if (commit == nullptr || leaves_open(answered.error)) return;
  if (answered.error != ErrorCode::none) {
    commit->refused = true;
    if (commit->known_at == MonoTime::max()) return;
    return violated(answered.at, answered.where,
                    fmt::format("{}: commit {} was told to somebody, and is refused",
                                group_name(answered.group), answered.commit));
  }
  commit->over_at = std::min(commit->over_at, answered.at);
  commit->known_at = std::min(commit->known_at, answered.at);
}

/// What was sent to a broker that is gone happens no more.
void CommittedOffsetsStay::on_broker_ended(MonoTime at) {
  for (auto& [where, all] : registers_) {
    for (Commit& commit : all.commits) {
      if (commit.is_open()) commit.over_at = at;
    }
  }
}

void CommittedOffsetsStay::on_told(const OffsetTold& told) {
  if (catalog().at(told.where.topic).deletion_begun) return;
  Register& all = registers_[{told.group, told.where}];
  const auto complain = [&](std::string what) {
    violated(told.at, told.where, fmt::format("{}: {}", group_name(told.group), what));
  };
  const bool is_none = told.commit == 0 && told.offset == no_offset;
  // "No offset" can be any of the deletions, or the beginning.
  std::vector<Commit*> meant;
  for (Commit& commit : all.commits) {
    const bool fits = is_none ? !commit.offset && !commit.refused : commit.number == told.commit;
    if (fits) meant.push_back(&commit);
  }
  if (!is_none) {
    if (meant.empty() || told.commit <= 0 || meant.front()->offset != told.offset) {
      return complain(
          fmt::format("offset {} of commit {} was never sent", told.offset, told.commit));
    }
    if (meant.front()->refused) {
      return complain(fmt::format("commit {} was refused and is there", told.commit));
    }
  }
  std::string why;
  const bool is_possible = std::ranges::any_of(meant, [&](const Commit* commit) {
    const std::string superseded_by = superseded(all, *commit, told.asked_at);
    if (why.empty()) why = superseded_by;
    return superseded_by.empty();
  });
  if (!is_possible) {
    complain(fmt::format("told offset {} of commit {} at a question of {:.3f} ms, but {}",
                         told.offset, told.commit, ms_of(told.asked_at), why));
  }
  all.told.push_back({told.asked_at, told.at, is_none ? 0 : told.commit});
  if (meant.size() != 1) return;
  meant.front()->over_at = std::min(meant.front()->over_at, told.at);
  meant.front()->known_at = std::min(meant.front()->known_at, told.at);
}

std::string CommittedOffsetsStay::superseded(const Register& all, const Commit& commit,
                                             MonoTime asked_at) {
  for (const Commit& other : all.commits) {
    if (other.sent_at < commit.over_at || other.known_at > asked_at || &other == &commit) continue;
    return fmt::format("commit {} was sent after it, and had happened by {:.3f} ms", other.number,
                       ms_of(other.known_at));
  }
  const int mine = commit.offset ? commit.number : 0;
  for (const Told& told : all.told) {
    if (told.commit == mine || told.asked_at < commit.over_at || told.at > asked_at) continue;
    return fmt::format("commit {} was told at {:.3f} ms, to a question after it", told.commit,
                       ms_of(told.at));
  }
  return "";
}

}  // namespace moldau::sim
