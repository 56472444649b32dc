#pragma once

#include <array>
#include <condition_variable>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "env/mutex.h"
#include "env/pool.h"

namespace moldau::env {

/// Threads for calls that block. A thread is started when a job finds none idle, up to the class's
/// number, and then stays. The destructor runs what is queued, then joins.
class RealIoPool final : public IoPool {
 public:
  explicit RealIoPool(std::string name);
  ~RealIoPool() override;

  void submit(IoClass io_class, Job job) override;
  void follow(IoClass io_class, Job job) override;
  int threads(IoClass io_class) const override;
  std::size_t queued(IoClass io_class) const override;

 private:
  struct Group {
    mutable Mutex mutex;
    std::condition_variable_any wake;
    std::deque<Job> jobs GUARDED_BY(mutex);
    std::vector<std::thread> threads GUARDED_BY(mutex);
    int idle GUARDED_BY(mutex){0};  // waiting, and not yet meant for a queued job
    bool stopping GUARDED_BY(mutex){false};
  };

  void work(IoClass io_class, Group& group);

  const std::string name_;
  std::array<Group, 3> groups_;
};

}  // namespace moldau::env
