#pragma once

#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "protocol/messages/produce.h"
#include "sim/bench.h"

namespace moldau::sim {

/// Produces as Kafka's clients do: up to five requests under way, batches in order per partition,
/// what was not acknowledged is sent again over a new connection, by an idempotent producer with
/// the same sequence numbers. A batch that is too old is given up, and then the idempotent producer
/// bumps its epoch (KIP-360).
class Producer {
 public:
  Producer(Bench& bench, int actor, const ProducerPlan& plan);
  /// Until its scope is stopped.
  env::Task<> run();
  /// Nothing is under way or waits to be sent again.
  bool is_drained() const;

 private:
  struct Batch {
    RecordId first;
    std::int32_t count;
    std::int32_t base_sequence;
    SharedBytes bytes;
    WallMs timestamp;
    MonoTime made_at;
    int attempts{0};
    bool in_flight{false};
  };
  /// What goes to one partition. Batches leave it at the front, when they are acknowledged.
  struct Lane {
    std::deque<Batch> batches;
    std::int32_t next_sequence{0};
    int in_flight{0};
    /// Something was refused: nothing more is sent until all that is under way has come back.
    bool draining{false};
  };
  struct Request {
    net::Client::Ticket ticket;
    std::vector<PartitionRef> places;
    MonoTime sent_at;
  };

  env::Task<Result<>> turn();
  env::Task<Result<>> become_producer();
  void make_batches();
  void add_batch(PartitionRef where);
  void give_up();
  std::vector<PartitionRef> sendable();
  Result<SharedBytes> take_request(const std::vector<PartitionRef>& places);
  Result<bool> submit();
  void renew(PartitionRef where, Batch& batch);
  void build(PartitionRef where, Batch& batch);
  void note_sent(PartitionRef where, Batch& batch);
  env::Task<Result<>> send_without_answer();
  env::Task<Result<>> receive();
  void take(const protocol::ProduceResponse& response, const Request& request);
  void take_partition(PartitionRef where,
                      const protocol::ProduceResponse::PartitionProduceResponse& data,
                      MonoTime sent_at);
  void refused(PartitionRef where, Lane& lane, Batch& batch, protocol::ErrorCode error,
               MonoTime sent_at);
  std::optional<PartitionRef> place(const protocol::ProduceResponse::TopicProduceResponse& topic,
                                    PartitionId partition, const Request& request) const;
  void connection_lost();
  void forget_dying();

  Bench& bench_;
  const int actor_;
  const ProducerPlan plan_;
  Prng prng_;
  Connection connection_;
  int used_connection_{0};
  bool backing_off_{false};
  ProducerId producer_id_{no_producer_id};
  ProducerEpoch epoch_{no_producer_epoch};
  std::int32_t next_number_{0};
  std::map<PartitionRef, Lane> lanes_;
  std::deque<Request> requests_;
};

}  // namespace moldau::sim
