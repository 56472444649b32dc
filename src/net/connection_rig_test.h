#pragma once

#include <gtest/gtest.h>

#include "net/connection.h"
#include "net/test_rig.h"

namespace moldau::net {

/// Stories of one server and its clients, in the real and in the simulated world.
class ConnectionTest : public testing::TestWithParam<env::WorldKind> {
 protected:
  /// Runs the story with a server that is open, and stops it.
  void tell(env::Task<> (*story)(Rig&), ServerOptions options = {},
            std::uint64_t budget_bytes = ByteBudget::capacity_min) {
    Rig rig(world_->env(), std::move(options), budget_bytes);
    world_->run(whole(rig, *story, world_->directory()));
    EXPECT_EQ(rig.server.stats().budget.used_bytes, 0U);
    EXPECT_EQ(rig.broker.count("open"), rig.broker.count("close"));
    for (const auto& worker : rig.server.stats().workers) {
      EXPECT_EQ(worker.connections, 0);
      EXPECT_EQ(worker.pending_answers, 0);
    }
  }

 private:
  static env::Task<> whole(Rig& rig, env::Task<> (*story)(Rig&), std::string directory) {
    rig.directory = std::move(directory);
    rig.open();
    co_await story(rig);
    co_await rig.server.stop(rig.in(5'000));
  }
  std::unique_ptr<env::TestWorld> world_ = make_world(GetParam());
};

}  // namespace moldau::net
