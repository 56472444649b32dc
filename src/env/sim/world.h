#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "env/env.h"
#include "env/scope.h"
#include "env/sim/incarnation.h"
#include "env/sim/network.h"
#include "env/sim/options.h"
#include "env/sim/schedule.h"
#include "env/sim/sim_disk.h"

namespace moldau::env {

class SimEnv;
class SimWorld;

struct SimNodeOptions {
  int workers{1};
  std::function<void(Level, std::string_view)> log_sink;  ///< null: the log is dropped
};

/// How a node ends against its will.
enum class CrashKind : std::uint8_t {
  power_cut,  ///< what was not synced is kept, lost or torn; peers hear nothing
  kill,       ///< the process dies (SIGKILL): files stay as they are, connections are closed
};

/// A simulated machine: disk and clock stay, its Env lives from `start` to `crash` or `stop`.
class SimNode {
 public:
  /// What runs on the machine, in a scope on worker 0. When its env calls say `cancelled` it has to
  /// stop what it started and return; the node goes down when it has. Everything that lives on the
  /// node's workers lives within the program.
  using Program = std::function<Task<>(Env&)>;

  /// Only a SimWorld makes nodes: `add_node`.
  class Key {
    friend class SimWorld;
    Key() = default;
  };
  SimNode(Key, SimWorld& world, int index, std::string name, SimNodeOptions options);
  ~SimNode();
  SimNode(const SimNode&) = delete;
  SimNode& operator=(const SimNode&) = delete;

  const std::string& name() const { return name_; }
  int index() const { return index_; }
  /// For connections from other nodes; the name works too.
  std::string address() const { return SimNetwork::address_of(index_); }
  bool is_up() const { return env_ != nullptr; }

  /// Boots with a fresh Env on the disk. Only when down.
  Env& start(Program program);
  Env& start();  ///< without a program, for tests that bring tasks of their own
  Env& env();    ///< only when up

  /// From an event or outside of all: from now on the program has no effect any more. It is
  /// cancelled, ends in the following events; then what was not durable is dropped and is_up() is
  /// false. Nothing if the node is down or on its way.
  void crash(CrashKind kind);
  /// Cancels the program, which goes on to have effects until it has ended: an orderly stop.
  void stop();

  SimDiskState& disk() { return disk_; }
  /// Steps the wall clock; the monotonic one never steps.
  void step_wall(Duration step) { wall_offset_ += step; }
  /// From now on the wall clock gains so many microseconds a second.
  void drift_wall(std::int64_t parts_per_million);

 private:
  friend class SimWorld;
  friend class SimEnv;
  void end(std::shared_ptr<Incarnation> incarnation, std::optional<CrashKind> kind);
  void go_down(std::optional<CrashKind> kind);
  WallMs wall() const;

  SimWorld& world_;
  const int index_;
  const std::string name_;
  const SimNodeOptions options_;
  SimDiskState disk_;
  Duration wall_offset_{0};
  std::int64_t drift_per_million_{0};
  MonoTime drift_since_{};
  int lives_{0};
  std::shared_ptr<Incarnation> incarnation_;
  std::unique_ptr<SimEnv> env_;
  std::unique_ptr<Scope> root_;
};

/// One thread, one seed, virtual time. The same seed and the same program give the same trace.
class SimWorld {
 public:
  explicit SimWorld(std::uint64_t seed, SimOptions options = {});
  /// Cuts the power of all nodes and lets their programs end.
  ~SimWorld();

  SimNode& add_node(const std::string& name, SimNodeOptions options = {});
  SimNode& node(int index) { return *nodes_.at(static_cast<std::size_t>(index)); }
  SimNetwork& network() { return network_; }
  Schedule& schedule() { return schedule_; }
  MonoTime now() const { return schedule_.now(); }
  /// An independent stream of chance for the test's own actors.
  Prng chance_of(std::string_view actor) const { return schedule_.chance_of(actor); }

  /// Runs until `done()`; false if nothing is left to happen, or it is not done by then.
  bool run_until(const std::function<bool()>& done, MonoTime deadline = MonoTime::max());
  /// Runs everything up to that moment; then it is that moment.
  void run_for(Duration duration);
  /// Runs the task in a scope of its own to its end. False if it did not end: all wait for each
  /// other, which is a failure of the test; the task is cancelled then.
  bool run(Worker& worker, Task<> task);

  std::uint64_t trace_hash() const { return schedule_.trace_hash(); }
  std::uint64_t events() const { return schedule_.events(); }

 private:
  friend class SimNode;
  const SimOptions options_;
  Schedule schedule_;
  SimNetwork network_;
  std::vector<std::unique_ptr<SimNode>> nodes_;
};

}  // namespace moldau::env
