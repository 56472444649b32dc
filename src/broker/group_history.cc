#include "broker/group_history.h"

#include <utility>

namespace moldau::broker {
namespace {

using coordinator::GroupEvent;

/// Not within a UTF-8 character.
std::string cut(const std::string& text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end) + "...";
}

/// About what it takes in memory.
std::size_t cost(const GroupHistory::Entry& entry) {
  return sizeof(entry) + entry.member.size() + entry.client.size() + entry.text.size();
}

/// Of a group without its entries: list, map, id.
std::size_t cost_of_group(const std::string& id) {
  constexpr std::size_t nodes = 256;
  return nodes + id.size();
}

std::size_t index(GroupHistory::Kind kind) {
  return static_cast<std::size_t>(kind);
}

}  // namespace

void GroupHistory::add(WallMs now, std::span<const GroupEvent> events) {
  if (events.empty()) return;
  const env::Lock lock(mutex_);
  for (const GroupEvent& event : events) add_one(now, event);
  make_room();
}

void GroupHistory::add_one(WallMs now, const GroupEvent& event) {
  ++events_[index(event.kind)];
  if (event.kind == Kind::rebalance) ++rebalances_[index(event.cause)];
  Group& group = group_of(event.group);
  Entry entry{.first = now,
              .last = now,
              .kind = event.kind,
              .cause = event.cause,
              .member = cut(event.member, name_bytes_max),
              .client = cut(event.client, name_bytes_max),
              .text = cut(event.text, text_bytes_max)};
  // A client that tries again and again leaves room for what else there is to tell.
  const bool repeats = event.kind == Kind::fenced || event.kind == Kind::turned_away;
  if (repeats && !group.entries.empty()) {
    Entry& before = group.entries.back();
    if (before.kind == entry.kind && before.client == entry.client) {
      bytes_ -= cost(before);
      entry.first = before.first;
      entry.count = before.count + 1;
      before = std::move(entry);
      bytes_ += cost(before);
      return;
    }
  }
  bytes_ += cost(entry);
  group.entries.push_back(std::move(entry));
  if (group.entries.size() > entries_per_group_max) forget_oldest(group);
}

GroupHistory::Group& GroupHistory::group_of(const std::string& id) {
  const auto found = by_id_.find(id);
  if (found != by_id_.end()) {
    groups_.splice(groups_.begin(), groups_, found->second);
    return groups_.front();
  }
  groups_.push_front({.id = id, .entries = {}});
  by_id_.emplace(groups_.front().id, groups_.begin());
  bytes_ += cost_of_group(id);
  return groups_.front();
}

void GroupHistory::forget_oldest(Group& group) {
  bytes_ -= cost(group.entries.front());
  group.entries.pop_front();
  ++group.forgotten;
}

void GroupHistory::make_room() {
  while (bytes_ > bytes_max && !groups_.empty()) {
    Group& last = groups_.back();
    while (!last.entries.empty()) forget_oldest(last);
    bytes_ -= cost_of_group(last.id);
    by_id_.erase(last.id);
    groups_.pop_back();
  }
}

GroupHistory::Timeline GroupHistory::of(std::string_view group) const {
  const env::Lock lock(mutex_);
  const auto found = by_id_.find(group);
  if (found == by_id_.end()) return {};
  const Group& known = *found->second;
  return {.entries = {known.entries.begin(), known.entries.end()}, .forgotten = known.forgotten};
}

GroupHistory::Totals GroupHistory::totals() const {
  const env::Lock lock(mutex_);
  return {.events = events_, .rebalances = rebalances_, .bytes = bytes_, .groups = groups_.size()};
}

}  // namespace moldau::broker
