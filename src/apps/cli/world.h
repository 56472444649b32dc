#pragma once

#include <string_view>

#include "env/env.h"

namespace moldau::apps {

/// The world as a command sees it: one worker, and a way to wait for what happens there. `main` has
/// the real one, which it starts when a command first asks for it.
class World {
 public:
  virtual ~World() = default;
  virtual env::Env& env() = 0;
  /// Runs the task on `worker` to its end. Blocks; not from the worker.
  virtual void run(env::Task<> task) = 0;
  /// Of this program.
  virtual std::string_view version() const = 0;

  env::Worker& worker() { return env().workers().at(0); }
};

}  // namespace moldau::apps
