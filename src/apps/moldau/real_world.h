#pragma once

#include <memory>

#include "apps/cli/world.h"

namespace moldau::env {
class RealEnv;
}

namespace moldau::apps {

/// One worker on Asio and the operating system, started with the first call of `env`.
class RealWorld final : public World {
 public:
  RealWorld();
  ~RealWorld() override;
  env::Env& env() override;
  void run(env::Task<> task) override;
  std::string_view version() const override;

 private:
  std::unique_ptr<env::RealEnv> env_;
};

}  // namespace moldau::apps
