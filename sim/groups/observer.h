#pragma once

#include <map>

#include "sim/groups/group_client.h"

namespace moldau::sim {

/// Asks for the offsets of all groups over a connection of its own, and all of them after each
/// start of the broker. It has a group without members, too, whose offsets it commits and deletes.
class GroupObserver {
 public:
  GroupObserver(Bench& bench, int actor);
  /// Until its scope is stopped.
  env::Task<> run();
  bool is_resting() const { return resting_; }

  /// All offsets of all groups, for the final reckoning. To be spawned; then `is_idle()`.
  env::Task<> audit();
  bool is_idle() const { return idle_; }
  void set_busy() { idle_ = false; }

 private:
  env::Task<Result<>> turn();
  /// Asks at once when somebody commits: before it is durable, with luck.
  env::Task<Result<>> peek();
  env::Task<Result<>> read_all();
  env::Task<Result<>> commit();
  int own_group() const { return static_cast<int>(bench_.scenario.groups.size()); }

  Bench& bench_;
  Prng prng_;
  GroupClient client_;
  int seen_life_{0};
  int turns_{0};
  bool resting_{false};
  bool idle_{true};
};

}  // namespace moldau::sim
