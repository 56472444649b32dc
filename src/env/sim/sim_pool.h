#pragma once

#include <array>
#include <deque>
#include <memory>
#include <string>

#include "env/pool.h"
#include "env/sim/incarnation.h"

namespace moldau::env {

/// Simulated threads. A job takes effect as a whole when it starts; its thread is then blocked for
/// the sum of the latencies of its disk operations, and what it posts after each arrives that much
/// later: the worst case for those who think that a job that has not reported has not happened.
class SimIoPool final : public IoPool {
 public:
  SimIoPool(std::shared_ptr<Incarnation> incarnation, const std::string& name);
  /// Runs what is queued, as the real one.
  ~SimIoPool() override;

  void submit(IoClass io_class, Job job) override;
  int threads(IoClass io_class) const override;
  std::size_t queued(IoClass io_class) const override;

 private:
  struct Group {
    std::deque<Job> jobs;
    int busy{0};              // threads that run, are blocked or start
    std::size_t starting{0};  // each will take a job
  };
  struct State;

  std::shared_ptr<State> state_;  // events may outlive the pool
};

}  // namespace moldau::env
