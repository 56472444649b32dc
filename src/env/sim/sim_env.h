#pragma once

#include <memory>
#include <vector>

#include "env/env.h"
#include "env/sim/sim_disk.h"
#include "env/sim/sim_pool.h"
#include "env/sim/sim_worker.h"
#include "env/sim/world.h"

namespace moldau::env {

/// One life of a node as its program sees it.
class SimEnv final : public Env {
 public:
  SimEnv(SimNode& node, std::shared_ptr<Incarnation> incarnation, SimNetwork& network);

  Clock& clock() override { return clock_; }
  Workers& workers() override { return workers_; }
  Disk& disk() override { return disk_; }
  Transport& transport() override { return transport_; }
  Entropy& entropy() override { return entropy_; }
  Log& log() override { return log_; }
  std::unique_ptr<IoPool> make_pool(const std::string& name) override {
    return std::make_unique<SimIoPool>(incarnation_, name);
  }

 private:
  class SimClock final : public Clock {
   public:
    explicit SimClock(SimNode& node) : node_(node) {}
    MonoTime now() const override;
    WallMs wall() const override;

   private:
    SimNode& node_;
  };

  class SimWorkers final : public Workers {
   public:
    SimWorkers(Incarnation& incarnation, int count);
    int count() const override { return static_cast<int>(workers_.size()); }
    Worker& at(int index) override { return *workers_.at(static_cast<std::size_t>(index)); }
    Worker* current() override;

   private:
    Schedule& schedule_;
    std::vector<std::unique_ptr<SimWorker>> workers_;
  };

  class SimEntropy final : public Entropy {
   public:
    explicit SimEntropy(Prng prng) : prng_(prng) {}
    void fill(MutBytes bytes) override {
      for (auto& byte : bytes) byte = static_cast<std::uint8_t>(prng_.next());
    }

   private:
    Prng prng_;
  };

  class SimLog final : public Log {
   public:
    explicit SimLog(const SimNodeOptions& options) : options_(options) {}

   private:
    bool enabled(Level) const override { return options_.log_sink != nullptr; }
    void write(Level level, std::string_view line) override { options_.log_sink(level, line); }
    const SimNodeOptions& options_;
  };

  std::shared_ptr<Incarnation> incarnation_;
  SimClock clock_;
  SimWorkers workers_;
  SimDisk disk_;
  SimTransport transport_;
  SimEntropy entropy_;
  SimLog log_;
};

}  // namespace moldau::env
