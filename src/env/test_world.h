#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <string>

#include "env/real/block_on.h"
#include "env/real/real_env.h"
#include "env/sim/world.h"

namespace moldau::env {

/// For tests that must hold in every world: an Env with two workers, an empty directory, and a way
/// to run a task to its end. Include only from *_test.cc.
class TestWorld {
 public:
  virtual ~TestWorld() = default;
  virtual Env& env() = 0;
  virtual std::string directory() = 0;
  void run(Task<> task, int worker = 0) { run_on_worker(std::move(task), worker); }

 private:
  virtual void run_on_worker(Task<> task, int worker) = 0;
};

class RealTestWorld final : public TestWorld {
 public:
  RealTestWorld() : env_({.workers = 2, .log_level = Level::error, .log_sink = {}}) {
    std::string name = std::filesystem::temp_directory_path() / "moldau-env-XXXXXX";
    directory_ = ::mkdtemp(name.data());
    env_.start();
  }
  ~RealTestWorld() override { std::filesystem::remove_all(directory_); }

  Env& env() override { return env_; }
  std::string directory() override { return directory_; }

 private:
  void run_on_worker(Task<> task, int worker) override {
    block_on(env_.workers().at(worker), std::move(task));
  }

  RealEnv env_;
  std::string directory_;
};

class SimTestWorld final : public TestWorld {
 public:
  explicit SimTestWorld(std::uint64_t seed = 1) : world_(seed) {
    world_.add_node("node-0", {.workers = 2, .log_sink = {}}).start();
    EXPECT_TRUE(env().disk().make_directory(directory()));
  }

  Env& env() override { return world_.node(0).env(); }
  std::string directory() override { return "/data"; }
  SimWorld& world() { return world_; }

 private:
  void run_on_worker(Task<> task, int worker) override {
    EXPECT_TRUE(world_.run(env().workers().at(worker), std::move(task)));
  }

  SimWorld world_;
};

enum class WorldKind : std::uint8_t { real, simulated };
inline constexpr std::array all_worlds{WorldKind::real, WorldKind::simulated};

inline std::unique_ptr<TestWorld> make_world(WorldKind kind) {
  if (kind == WorldKind::real) return std::make_unique<RealTestWorld>();
  return std::make_unique<SimTestWorld>();
}

inline std::string world_name(const testing::TestParamInfo<WorldKind>& info) {
  return info.param == WorldKind::real ? "real" : "simulated";
}

}  // namespace moldau::env
