#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "broker/partition.h"
#include "broker/request_context.h"
#include "env/signal.h"
#include "env/task.h"
#include "net/session.h"
#include "protocol/codec.h"
#include "protocol/header.h"
#include "protocol/messages/produce.h"
#include "records/validator.h"

namespace moldau::broker {

class Broker;

/// A Produce request (API 0) on its way, in the three parts of the pipelined road:
///  1. `prepare` decodes and validates, without any lock, long work on the pool, and waits for room
///     in the logs' queues (APPEND step 1; back-pressure comes before offsets are given out);
///  2. `begin` assigns offsets in all partitions and never suspends (steps 2 and 3);
///  3. the answer is finished when all appends are committed, have failed, or are late.
/// Lives on the connection's worker. The log calls back into it, so it is shared; whoever lets go
/// last (connection or log) destroys it.
class Produce final : public storage::AppendWaiter, public std::enable_shared_from_this<Produce> {
 public:
  Produce(Broker& broker, const net::ConnectionInfo& connection,
          std::shared_ptr<net::Wakeup> wakeup);

  /// Errors close the connection: the frame is malformed, or the version is not served.
  env::Task<Result<>> prepare(const SharedBytes& frame);
  void begin();
  /// True once every partition's append has been given its offset or was refused. Until then the
  /// next Produce of the connection must not begin (sequence numbers would be out of order).
  bool all_assigned() const { return deferred_ == 0; }
  /// At most one waiter. Errors: cancelled.
  env::Task<Result<>> wait_assigned();

  bool ready(MonoTime now) const { return outstanding_ == 0 || now >= deadline_; }
  MonoTime deadline() const { return deadline_; }
  MonoTime received() const { return received_; }
  net::Answer finish();

  void on_append_done(std::uint32_t tag, storage::AppendOutcome outcome) override;

 private:
  /// One partition of the request.
  struct Item {
    std::shared_ptr<Partition> partition;  ///< null if it was refused before the log was asked
    std::optional<records::ValidatedBatch> batch;
    LeaderEpoch leader_epoch{no_leader_epoch};
    bool pending{false};   ///< the log will call on_append_done
    bool deferred{false};  ///< waits for room in the log's queue
    std::size_t topic{0};  ///< index into the response
    std::size_t index{0};
  };

  protocol::ProduceResponse::PartitionProduceResponse& response_of(const Item& item);
  void name_leaders(const RequestContext& context);
  void refuse(const Item& item, protocol::ErrorCode error, std::string message = {});
  void add_item(const protocol::ProduceRequest::TopicProduceData& topic, std::size_t topic_index,
                std::size_t index, std::optional<std::string_view> name);
  std::shared_ptr<Partition> find_partition(
      std::string_view topic, const protocol::ProduceRequest::PartitionProduceData& data);
  protocol::ErrorCode check_batch(const records::BatchView& batch) const;
  env::Task<> validate(Item& item, SharedBytes records);
  env::Task<Result<>> wait_for_room();
  void append(std::uint32_t tag);
  bool wants_answer() const { return request_->message.acks != 0; }

  Broker& broker_;
  const net::ConnectionInfo& connection_;
  const std::shared_ptr<net::Wakeup> wakeup_;
  MonoTime received_;
  MonoTime deadline_;
  std::int16_t version_{0};
  std::int32_t correlation_id_{0};
  std::string client_id_;
  metadata::ImagePtr image_;
  std::optional<protocol::Decoded<protocol::ProduceRequest>> request_;
  protocol::ProduceResponse response_;
  std::vector<Item> items_;
  std::size_t outstanding_{0};  ///< appends that were assigned and not yet settled, and deferred
  std::size_t deferred_{0};     ///< appends that found the queue full and wait for room
  /// A deferred append was assigned. Once somebody waits for it, which is rare.
  std::optional<env::Signal> assigned_;
  std::size_t frame_bytes_{0};
};

}  // namespace moldau::broker
