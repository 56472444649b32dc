#include "storage/wakeups.h"

namespace moldau::storage {

Wakeups::Wakeups(env::Workers& workers) : workers_(workers) {}

Wakeups::~Wakeups() {
  post();
}

Wakeups::Batch& Wakeups::of(env::Worker& worker) {
  if (batches_.empty()) batches_.resize(static_cast<std::size_t>(workers_.count()));
  return batches_[static_cast<std::size_t>(worker.index())];
}

void Wakeups::add(std::shared_ptr<AppendWaiter> waiter, std::uint32_t tag, AppendOutcome outcome) {
  auto& batch = of(waiter->home());
  batch.appends.push_back({std::move(waiter), tag, outcome});
}

void Wakeups::add(env::Worker& worker, env::Job job) {
  of(worker).jobs.push_back(std::move(job));
}

void Wakeups::post() {
  for (std::size_t i = 0; i < batches_.size(); ++i) {
    auto& batch = batches_[i];
    if (batch.appends.empty() && batch.jobs.empty()) continue;
    workers_.at(static_cast<int>(i)).post([released = std::exchange(batch, {})]() mutable {
      for (auto& append : released.appends) {
        append.waiter->on_append_done(append.tag, append.outcome);
      }
      for (auto& job : released.jobs) job();
    });
  }
}

}  // namespace moldau::storage
