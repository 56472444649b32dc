#include "broker/moved_log.h"

#include "env/signal.h"

namespace moldau::broker {

env::Task<bool> has_moved(const Partition& partition, std::shared_ptr<storage::Log> log,
                          env::Worker& home) {
  constexpr Duration look_again_after = milliseconds(2);
  if (log->is_leaving()) {
    co_return (co_await env::sleep_until(home, home.now() + look_again_after)).has_value();
  }
  co_return partition.log_ptr() != log;
}

}  // namespace moldau::broker
