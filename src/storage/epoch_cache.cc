#include "storage/epoch_cache.h"

#include <algorithm>

namespace moldau::storage {

bool EpochCache::assign(LeaderEpoch epoch, Offset start) {
  if (epoch.value() < 0) return false;
  if (!entries_.empty() && entries_.back().epoch == epoch &&
      entries_.back().start_offset <= start) {
    return false;
  }
  while (!entries_.empty() &&
         (entries_.back().epoch >= epoch || entries_.back().start_offset >= start)) {
    entries_.pop_back();
  }
  entries_.push_back({epoch, start});
  return true;
}

bool EpochCache::truncate_from_end(Offset end) {
  const auto before = entries_.size();
  while (!entries_.empty() && entries_.back().start_offset >= end) entries_.pop_back();
  return entries_.size() != before;
}

bool EpochCache::truncate_from_start(Offset start) {
  const auto after = std::ranges::upper_bound(entries_, start, {}, &EpochEntry::start_offset);
  if (after == entries_.begin()) return false;
  const auto current = std::prev(after);
  if (current == entries_.begin() && current->start_offset == start) return false;
  current->start_offset = start;
  entries_.erase(entries_.begin(), current);
  return true;
}

bool EpochCache::rewind(Offset end) {
  if (entries_.empty() || entries_.back().start_offset <= end) return false;
  const auto latest = entries_.back().epoch;
  truncate_from_end(end);
  entries_.push_back({latest, end});
  return true;
}

std::optional<EpochEntry> EpochCache::latest() const {
  if (entries_.empty()) return std::nullopt;
  return entries_.back();
}

std::optional<LeaderEpoch> EpochCache::epoch_of(Offset offset) const {
  const auto after = std::ranges::upper_bound(entries_, offset, {}, &EpochEntry::start_offset);
  if (after == entries_.begin()) return std::nullopt;
  return std::prev(after)->epoch;
}

EpochEnd EpochCache::end_offset_for(LeaderEpoch epoch, Offset end) const {
  if (epoch == no_leader_epoch || entries_.empty()) return {};
  if (entries_.back().epoch == epoch) return {epoch, end};
  const auto higher = std::ranges::upper_bound(entries_, epoch, {}, &EpochEntry::epoch);
  if (higher == entries_.end()) return {};
  // Older than anything that is left: the log from its start is all that can be compared.
  if (higher == entries_.begin()) return {epoch, std::min(higher->start_offset, end)};
  return {std::prev(higher)->epoch, std::min(higher->start_offset, end)};
}

}  // namespace moldau::storage
