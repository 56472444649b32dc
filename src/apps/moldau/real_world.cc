#include "apps/moldau/real_world.h"

#include <csignal>

#include "apps/moldau/version.h"
#include "env/real/block_on.h"
#include "env/real/real_env.h"

namespace moldau::apps {

RealWorld::RealWorld() = default;
RealWorld::~RealWorld() = default;

env::Env& RealWorld::env() {
  if (env_ == nullptr) {
    env_ = std::make_unique<env::RealEnv>(
        env::RealOptions{.workers = 1, .log_level = env::Level::error, .log_sink = {}});
    // RealEnv ignores it for sendfile's sake, which no command uses; `moldau ... | head` wants it.
    std::signal(SIGPIPE, SIG_DFL);
    env_->start();
  }
  return *env_;
}

void RealWorld::run(env::Task<> task) {
  env::block_on(env().workers().at(0), std::move(task));
}

std::string_view RealWorld::version() const {
  return moldau::apps::version();
}

}  // namespace moldau::apps
