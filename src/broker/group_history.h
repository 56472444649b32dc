#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "coordinator/group/group_events.h"
#include "env/mutex.h"

namespace moldau::broker {

/// What happened lately in the groups that this broker coordinates: in memory only, bounded, and
/// kept when a coordinator's machine is thrown away. Group ids and texts are clients' bytes.
///
/// Thread-safe: one mutex, a leaf, taken only when something has happened.
class GroupHistory {
 public:
  static constexpr std::size_t entries_per_group_max = 64;
  /// Of all groups together; over it the group goes in which nothing has happened for longest.
  static constexpr std::size_t bytes_max = std::size_t{8} << 20;
  static constexpr std::size_t text_bytes_max = 320;
  static constexpr std::size_t name_bytes_max = 128;  ///< of members and clients

  using Kind = coordinator::GroupEvent::Kind;
  struct Entry {
    WallMs first;
    WallMs last;  ///< of several alike in a row
    std::uint32_t count{1};
    Kind kind{};
    Kind cause{};
    std::string member;
    std::string client;
    std::string text;
  };
  struct Timeline {
    std::vector<Entry> entries;  ///< the oldest first
    std::uint64_t forgotten{0};  ///< older ones
  };
  using Counts = std::array<std::uint64_t, coordinator::GroupEvent::kinds>;
  struct Totals {
    Counts events{};
    Counts rebalances{};  ///< by their cause
    std::size_t bytes{0};
    std::size_t groups{0};
  };

  void add(WallMs now, std::span<const coordinator::GroupEvent> events) EXCLUDES(mutex_);
  /// Empty if nothing is known.
  Timeline of(std::string_view group) const EXCLUDES(mutex_);
  Totals totals() const EXCLUDES(mutex_);

 private:
  struct Group {
    std::string id;
    std::deque<Entry> entries;
    std::uint64_t forgotten{0};
  };
  using Groups = std::list<Group>;  // that in which something has happened last comes first

  void add_one(WallMs now, const coordinator::GroupEvent& event) REQUIRES(mutex_);
  Group& group_of(const std::string& id) REQUIRES(mutex_);
  void forget_oldest(Group& group) REQUIRES(mutex_);
  void make_room() REQUIRES(mutex_);

  mutable env::Mutex mutex_;
  Groups groups_ GUARDED_BY(mutex_);
  std::map<std::string_view, Groups::iterator, std::less<>> by_id_ GUARDED_BY(mutex_);
  std::size_t bytes_ GUARDED_BY(mutex_){0};
  Counts events_ GUARDED_BY(mutex_){};
  Counts rebalances_ GUARDED_BY(mutex_){};
};

}  // namespace moldau::broker
