#include "env/sim/sim_pool.h"

namespace moldau::env {

namespace {
// As in the real pool.
constexpr std::array<int, 3> limits{8, 4, 2};
// From the submission to the start on a thread that has to be woken.
constexpr Latency wake_up{std::chrono::microseconds(1), std::chrono::microseconds(100)};

std::size_t index_of(IoClass io_class) {
  return static_cast<std::size_t>(io_class);
}
}  // namespace

struct SimIoPool::State : std::enable_shared_from_this<State> {
  State(std::shared_ptr<Incarnation> life, const std::string& name)
      : incarnation(std::move(life)),
        id(trace_id(incarnation->actor("pool-" + name))),
        prng(incarnation->schedule.chance_of(incarnation->actor("pool-" + name))) {}

  void start(std::size_t group);
  void run_next(std::size_t group);
  void run_all();

  std::shared_ptr<Incarnation> incarnation;
  std::uint64_t id;
  Prng prng;
  std::array<Group, 3> groups;
};

// A thread takes the next job a little later.
void SimIoPool::State::start(std::size_t group) {
  ++groups[group].busy;
  ++groups[group].starting;
  Schedule& schedule = incarnation->schedule;
  const Duration delay = incarnation->dead ? Duration(0) : wake_up.draw(prng);
  schedule.at(schedule.now() + delay, id, "start",
              [self = shared_from_this(), group] { self->run_next(group); });
}

void SimIoPool::State::run_next(std::size_t group) {
  Group& mine = groups[group];
  --mine.starting;
  Schedule& schedule = incarnation->schedule;
  Duration blocked{0};
  if (!mine.jobs.empty()) {
    Job job = std::move(mine.jobs.front());
    mine.jobs.pop_front();
    blocked = schedule.run_thread(nullptr, std::move(job));
  }
  schedule.at(schedule.now() + blocked, id, "free", [self = shared_from_this(), group] {
    Group& freed = self->groups[group];
    --freed.busy;
    if (freed.jobs.size() > freed.starting && freed.busy < limits[group]) self->start(group);
  });
}

void SimIoPool::State::run_all() {
  for (Group& group : groups) {
    while (!group.jobs.empty()) {
      Job job = std::move(group.jobs.front());
      group.jobs.pop_front();
      job();
    }
  }
}

SimIoPool::SimIoPool(std::shared_ptr<Incarnation> incarnation, const std::string& name)
    : state_(std::make_shared<State>(std::move(incarnation), name)) {
  state_->incarnation->on_death.emplace_back([state = std::weak_ptr(state_)] {
    const auto pool = state.lock();
    if (!pool) return;
    // Threads may be blocked for long; the jobs behind them must not wait for that.
    for (std::size_t i = 0; i < pool->groups.size(); ++i) {
      while (pool->groups[i].starting < pool->groups[i].jobs.size()) pool->start(i);
    }
  });
}

SimIoPool::~SimIoPool() {
  state_->run_all();
}

void SimIoPool::submit(IoClass io_class, Job job) {
  const std::size_t group = index_of(io_class);
  state_->groups[group].jobs.push_back(std::move(job));
  if (state_->groups[group].busy < limits[group] || state_->incarnation->dead) state_->start(group);
}

int SimIoPool::threads(IoClass io_class) const {
  return limits[index_of(io_class)];
}

std::size_t SimIoPool::queued(IoClass io_class) const {
  return state_->groups[index_of(io_class)].jobs.size();
}

}  // namespace moldau::env
