#include "env/real/real_env.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/random.h>

#include <chrono>
#include <thread>

#include "base/check.h"
#include "env/real/fd.h"
#include "env/real/real_disk.h"
#include "env/real/real_io_pool.h"
#include "env/real/real_log.h"
#include "env/real/real_transport.h"
#include "env/real/real_worker.h"

namespace moldau::env {

namespace {

class RealClock final : public Clock {
 public:
  MonoTime now() const override { return mono_now(); }
  WallMs wall() const override {
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    return WallMs{std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count()};
  }
};

class RealEntropy final : public Entropy {
 public:
  void fill(MutBytes bytes) override {
    while (!bytes.empty()) {
      const ssize_t got =
          retry_interrupted([&] { return ::getrandom(bytes.data(), bytes.size(), 0); });
      CHECK(got > 0, "getrandom: errno {}", errno);
      bytes = bytes.subspan(static_cast<std::size_t>(got));
    }
  }
};

class RealWorkers final : public Workers {
 public:
  explicit RealWorkers(int count) {
    for (int i = 0; i < count; ++i) workers_.push_back(std::make_unique<RealWorker>(i));
  }
  int count() const override { return static_cast<int>(workers_.size()); }
  RealWorker& at(int index) override { return *workers_.at(static_cast<std::size_t>(index)); }
  Worker* current() override {
    RealWorker* const worker = RealWorker::current();
    const bool is_ours =
        worker != nullptr && worker->index() < count() && &at(worker->index()) == worker;
    return is_ours ? worker : nullptr;
  }

 private:
  std::vector<std::unique_ptr<RealWorker>> workers_;
};

int processors() {
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof allowed, &allowed) == 0) return CPU_COUNT(&allowed);
  return static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
}

}  // namespace

struct RealEnv::Parts {
  explicit Parts(RealOptions options)
      : log(options.log_level, std::move(options.log_sink)),
        workers(options.workers > 0 ? options.workers : processors()),
        transport(log) {}

  RealLog log;
  RealClock clock;
  RealEntropy entropy;
  RealDisk disk;
  RealWorkers workers;
  RealTransport transport;
  std::vector<std::thread> threads;
};

RealEnv::RealEnv(RealOptions options) : parts_(std::make_unique<Parts>(std::move(options))) {
  ::signal(SIGPIPE, SIG_IGN);
}

RealEnv::~RealEnv() {
  stop();
  for (std::thread& thread : parts_->threads) {
    if (thread.joinable()) thread.join();
  }
}

void RealEnv::start() {
  CHECK(parts_->threads.empty(), "started twice");
  for (int i = 0; i < parts_->workers.count(); ++i) {
    RealWorker& worker = parts_->workers.at(i);
    parts_->threads.emplace_back([&worker] {
      ::pthread_setname_np(::pthread_self(), fmt::format("worker-{}", worker.index()).c_str());
      worker.run();
    });
  }
}

void RealEnv::run() {
  if (parts_->threads.empty()) start();
  for (std::thread& thread : parts_->threads) thread.join();
}

void RealEnv::stop() {
  for (int i = 0; i < parts_->workers.count(); ++i) parts_->workers.at(i).stop();
}

Clock& RealEnv::clock() {
  return parts_->clock;
}
Workers& RealEnv::workers() {
  return parts_->workers;
}
Disk& RealEnv::disk() {
  return parts_->disk;
}
Transport& RealEnv::transport() {
  return parts_->transport;
}
Entropy& RealEnv::entropy() {
  return parts_->entropy;
}
Log& RealEnv::log() {
  return parts_->log;
}
std::unique_ptr<IoPool> RealEnv::make_pool(const std::string& name) {
  return std::make_unique<RealIoPool>(name);
}

}  // namespace moldau::env
