#pragma once

#include <expected>
#include <optional>

#include "base/ids.h"
#include "env/mutex.h"
#include "env/task.h"
#include "env/worker.h"
#include "protocol/error_code.h"

namespace moldau::broker {

class ControllerDriver;

/// Producer ids of this broker, taken from the controller in blocks of 1,000 (KIP-730), so that
/// most requests need no round of the metadata log. What is left of a block at a restart is never
/// given out. Thread-safe.
class ProducerIds {
 public:
  ProducerIds(ControllerDriver& controller, NodeId node_id)
      : controller_(controller), node_id_(node_id) {}

  /// From a task on `home`.
  env::Task<std::expected<ProducerId, protocol::ErrorCode>> next(env::Worker& home);
  /// The epoch that this broker is registered with; set before the first request.
  void set_broker_epoch(BrokerEpoch epoch) EXCLUDES(mutex_);

 private:
  std::optional<ProducerId> take() EXCLUDES(mutex_);

  ControllerDriver& controller_;
  const NodeId node_id_;
  env::Mutex mutex_;
  BrokerEpoch broker_epoch_ GUARDED_BY(mutex_){-1};
  std::int64_t next_ GUARDED_BY(mutex_){0};
  std::int64_t end_ GUARDED_BY(mutex_){0};
};

}  // namespace moldau::broker
