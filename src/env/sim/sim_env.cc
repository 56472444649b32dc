#include "env/sim/sim_env.h"

namespace moldau::env {

SimEnv::SimEnv(SimNode& node, std::shared_ptr<Incarnation> incarnation, SimNetwork& network)
    : incarnation_(std::move(incarnation)),
      clock_(node),
      workers_(*incarnation_, node.options_.workers),
      disk_(incarnation_, node.disk_),
      transport_(incarnation_, network),
      entropy_(incarnation_->schedule.chance_of(incarnation_->actor("entropy"))),
      log_(node.options_) {}

MonoTime SimEnv::SimClock::now() const {
  return node_.world_.now();
}

WallMs SimEnv::SimClock::wall() const {
  return node_.wall();
}

SimEnv::SimWorkers::SimWorkers(Incarnation& incarnation, int count)
    : schedule_(incarnation.schedule) {
  for (int i = 0; i < count; ++i) {
    workers_.push_back(std::make_unique<SimWorker>(schedule_, incarnation.actor("worker"), i));
    incarnation.on_death.emplace_back([worker = workers_.back().get()] { worker->hurry(); });
  }
}

Worker* SimEnv::SimWorkers::current() {
  for (const auto& worker : workers_) {
    if (worker.get() == schedule_.running()) return worker.get();
  }
  return nullptr;
}

}  // namespace moldau::env
