#include "env/real/real_io_pool.h"

#include <fmt/format.h>
#include <pthread.h>

#include <string_view>

namespace moldau::env {

namespace {

struct ClassLimits {
  std::string_view name;
  int threads;
};

// fdatasync of up to 8 files at once pays (docs/append.md, "How a round syncs").
constexpr std::array<ClassLimits, 3> limits{{{"flush", 8}, {"fetch", 4}, {"back", 2}}};

std::size_t index_of(IoClass io_class) {
  return static_cast<std::size_t>(io_class);
}

}  // namespace

RealIoPool::RealIoPool(std::string name) : name_(std::move(name)) {}

RealIoPool::~RealIoPool() {
  for (Group& group : groups_) {
    std::vector<std::thread> threads;
    {
      Lock lock(group.mutex);
      group.stopping = true;
      threads = std::move(group.threads);
    }
    group.wake.notify_all();
    for (std::thread& thread : threads) thread.join();
  }
}

void RealIoPool::submit(IoClass io_class, Job job) {
  Group& group = groups_[index_of(io_class)];
  {
    Lock lock(group.mutex);
    group.jobs.push_back(std::move(job));
    const bool all_busy = group.jobs.size() > static_cast<std::size_t>(group.idle);
    // While the pool is being destroyed its own threads run what its last jobs submit.
    const bool may_start = all_busy && !group.stopping;
    if (may_start && group.threads.size() < static_cast<std::size_t>(threads(io_class))) {
      group.threads.emplace_back([this, io_class, &group] { work(io_class, group); });
    }
  }
  group.wake.notify_one();
}

void RealIoPool::follow(IoClass io_class, Job job) {
  Group& group = groups_[index_of(io_class)];
  const Lock lock(group.mutex);
  group.jobs.push_back(std::move(job));
}

int RealIoPool::threads(IoClass io_class) const {
  return limits[index_of(io_class)].threads;
}

std::size_t RealIoPool::queued(IoClass io_class) const {
  const Group& group = groups_[index_of(io_class)];
  Lock lock(group.mutex);
  return group.jobs.size();
}

void RealIoPool::work(IoClass io_class, Group& group) {
  // The system takes 15 characters.
  const std::string name = fmt::format("{}-{}", limits[index_of(io_class)].name, name_);
  ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str());
  for (;;) {
    Job job;
    {
      Lock lock(group.mutex);
      ++group.idle;
      while (group.jobs.empty() && !group.stopping) group.wake.wait(group.mutex);
      --group.idle;
      if (group.jobs.empty()) return;
      job = std::move(group.jobs.front());
      group.jobs.pop_front();
    }
    job();
  }
}

}  // namespace moldau::env
