#include "broker/producer_ids.h"

#include "broker/controller_driver.h"

namespace moldau::broker {

using protocol::ErrorCode;

env::Task<std::expected<ProducerId, ErrorCode>> ProducerIds::next(env::Worker& home) {
  if (const auto id = take()) co_return *id;
  protocol::AllocateProducerIdsRequest request;
  request.broker_id = node_id_;
  {
    const env::Lock lock(mutex_);
    request.broker_epoch = broker_epoch_;
  }
  const auto reply = co_await controller_.run<protocol::AllocateProducerIdsResponse>(
      home, [&](metadata::Controller& controller, const metadata::Context& context) {
        return controller.allocate_producer_ids(context, request);
      });
  // Clients retry COORDINATOR_LOAD_IN_PROGRESS, as with Apache while it waits for a block.
  if (!reply) co_return std::unexpected(ErrorCode::coordinator_load_in_progress);
  if (reply->error_code != ErrorCode::none) co_return std::unexpected(reply->error_code);
  const env::Lock lock(mutex_);
  // Of two requests that found the block empty, the later block is the one that is kept.
  next_ = reply->producer_id_start.value();
  end_ = next_ + reply->producer_id_len;
  co_return ProducerId(next_++);
}

void ProducerIds::set_broker_epoch(BrokerEpoch epoch) {
  const env::Lock lock(mutex_);
  broker_epoch_ = epoch;
}

std::optional<ProducerId> ProducerIds::take() {
  const env::Lock lock(mutex_);
  if (next_ >= end_) return std::nullopt;
  return ProducerId(next_++);
}

}  // namespace moldau::broker
