#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/prng.h"
#include "env/sim/schedule.h"

namespace moldau::env {

/// One life of a node, from boot to crash or stop. Everything that it does to the world asks `dead`
/// first: of a dead node nothing takes effect, and its env calls return Errc::cancelled.
struct Incarnation {
  Schedule& schedule;
  int node;          ///< index in the world
  int life;          ///< 1 at the first boot
  std::string name;  ///< of the node
  bool dead{false};
  bool power_lost{false};  ///< dead, and its kernel too: nothing that it had sent goes on
  /// Called once when it dies: what pools and workers wait for comes at once.
  std::vector<std::function<void()>> on_death;

  /// "node-1#2/what"
  std::string actor(const std::string& what) const {
    return name + "#" + std::to_string(life) + "/" + what;
  }
  void die() {
    if (std::exchange(dead, true)) return;
    for (const auto& call : on_death) call();
  }
};

}  // namespace moldau::env
