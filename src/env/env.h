#pragma once

#include <memory>
#include <string>

#include "env/clock.h"
#include "env/disk.h"
#include "env/entropy.h"
#include "env/log.h"
#include "env/pool.h"
#include "env/transport.h"
#include "env/worker.h"

namespace moldau::env {

/// The world as a node sees it: `env/real` on Asio and the OS, `env/sim` on one seed. Everything
/// from socket to file goes through here. Outlives what is built on it.
class Env {
 public:
  virtual ~Env() = default;
  virtual Clock& clock() = 0;
  virtual Workers& workers() = 0;
  virtual Disk& disk() = 0;
  virtual Transport& transport() = 0;
  virtual Entropy& entropy() = 0;
  virtual Log& log() = 0;
  /// A pool for one log directory; `name` is for thread names and metrics.
  virtual std::unique_ptr<IoPool> make_pool(const std::string& name) = 0;
};

}  // namespace moldau::env
