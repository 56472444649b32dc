#include "env/sim/world.h"

#include "base/check.h"
#include "env/sim/sim_env.h"

namespace moldau::env {

namespace {
Task<> run_program(SimNode::Program program, Env& env) {
  co_await program(env);
}

Task<> mark_end(Task<> task, bool& ended) {
  co_await std::move(task);
  ended = true;
}
}  // namespace

SimNode::SimNode(Key, SimWorld& world, int index, std::string name, SimNodeOptions options)
    : world_(world),
      index_(index),
      name_(std::move(name)),
      options_(std::move(options)),
      disk_(world.schedule_, name_, world.options_.disk),
      drift_since_(world.now()) {
  world.network_.add_host(index, name_);
}

SimNode::~SimNode() = default;

Env& SimNode::start() {
  CHECK(!is_up(), "{} is up", name_);
  incarnation_ = std::make_shared<Incarnation>(Incarnation{.schedule = world_.schedule_,
                                                           .node = index_,
                                                           .life = ++lives_,
                                                           .name = name_,
                                                           .on_death = {}});
  env_ = std::make_unique<SimEnv>(*this, incarnation_, world_.network_);
  root_ = std::make_unique<Scope>(env_->workers().at(0));
  world_.network_.node_up(index_);
  return *env_;
}

Env& SimNode::start(Program program) {
  Env& env = start();
  root_->spawn(run_program(std::move(program), env));
  return env;
}

Env& SimNode::env() {
  CHECK(is_up(), "{} is down", name_);
  return *env_;
}

void SimNode::crash(CrashKind kind) {
  if (!is_up() || incarnation_->dead) return;
  if (kind == CrashKind::kill) world_.network_.close_all(*incarnation_);
  incarnation_->power_lost = kind == CrashKind::power_cut;
  world_.network_.close_ports(index_);
  if (kind == CrashKind::power_cut) world_.network_.node_down(index_);
  incarnation_->die();
  root_->stop_then([this, kind, incarnation = incarnation_] { end(incarnation, kind); });
}

void SimNode::stop() {
  if (!is_up() || incarnation_->dead) return;
  root_->stop_then([this, incarnation = incarnation_] { end(incarnation, std::nullopt); });
}

// The program has ended. Not from within the worker that is to be destroyed: an event of its own.
void SimNode::end(std::shared_ptr<Incarnation> incarnation, std::optional<CrashKind> kind) {
  world_.schedule_.at(world_.now(), trace_id(name_), "down", [this, incarnation, kind] {
    // Crashed while it stopped: the crash comes here too, and counts.
    const bool is_overtaken = !kind && incarnation->dead;
    if (incarnation_ == incarnation && is_up() && !is_overtaken) go_down(kind);
  });
}

void SimNode::go_down(std::optional<CrashKind> kind) {
  if (!kind) {
    world_.network_.close_all(*incarnation_);
    world_.network_.close_ports(index_);
    incarnation_->die();
  }
  root_.reset();
  env_.reset();
  if (kind == CrashKind::power_cut) {
    disk_.crash();
  } else {
    disk_.release_locks();
  }
}

void SimNode::drift_wall(std::int64_t parts_per_million) {
  wall_offset_ += (world_.now() - drift_since_) / 1'000'000 * drift_per_million_;
  drift_since_ = world_.now();
  drift_per_million_ = parts_per_million;
}

WallMs SimNode::wall() const {
  const Duration drift = (world_.now() - drift_since_) / 1'000'000 * drift_per_million_;
  return WallMs{sim_wall_start.value +
                to_ms(world_.schedule_.since_start() + wall_offset_ + drift)};
}

SimWorld::SimWorld(std::uint64_t seed, SimOptions options)
    : options_(std::move(options)),
      schedule_(seed, options_),
      network_(schedule_, options_.network) {}

SimWorld::~SimWorld() {
  for (const auto& node : nodes_) node->crash(CrashKind::power_cut);
  run_until([this] {
    return std::ranges::none_of(nodes_, [](const auto& node) { return node->is_up(); });
  });
  for (const auto& node : nodes_) {
    CHECK(!node->is_up(), "the program of {} does not end when it is cancelled", node->name());
  }
}

SimNode& SimWorld::add_node(const std::string& name, SimNodeOptions options) {
  const int index = static_cast<int>(nodes_.size());
  nodes_.push_back(
      std::make_unique<SimNode>(SimNode::Key(), *this, index, name, std::move(options)));
  return *nodes_.back();
}

bool SimWorld::run_until(const std::function<bool()>& done, MonoTime deadline) {
  while (!done()) {
    if (schedule_.idle() || schedule_.next() > deadline) return false;
    schedule_.step();
  }
  return true;
}

void SimWorld::run_for(Duration duration) {
  bool reached = false;
  schedule_.at(now() + duration, trace_id("world"), "pause", [&reached] { reached = true; });
  run_until([&reached] { return reached; });
}

bool SimWorld::run(Worker& worker, Task<> task) {
  Scope scope(worker);
  bool ended = false;
  scope.spawn(mark_end(std::move(task), ended));
  const bool ended_by_itself = run_until([&ended] { return ended; });
  bool drained = false;
  scope.stop_then([&drained] { drained = true; });
  CHECK(run_until([&drained] { return drained; }), "a task does not end when it is cancelled");
  return ended_by_itself;
}

}  // namespace moldau::env
