#pragma once

#include <map>
#include <set>

#include "sim/history.h"

namespace moldau::sim {

/// What was sent, by the numbers of its records. For checkers.
class SentRecords {
 public:
  void learn(const Event& event);
  /// The first sending of the batch that the record is in; null: nobody sent it.
  const BatchSent* find(RecordId id) const;

 private:
  std::map<RecordId, BatchSent> batches_;  // by their first records
};

/// Whatever is read was sent to that partition, with that producer and sequence number, and is
/// whole.
class OnlySentRecordsAppear final : public Checker {
 public:
  using Checker::Checker;
  std::string_view name() const override { return "only-sent-records-appear"; }
  void see(const Event& event) override;

 private:
  std::string problem_of(PartitionRef where, const SeenRecord& record) const;
  SentRecords sent_;
};

/// No record is in its partition twice: an idempotent producer's retries are recognised, others
/// send every record once. What one producer sent over one connection, and an idempotent one over
/// all of them, is in the order of its sending; of an idempotent producer nothing is missing in
/// between.
class ProducersAreInOrderAndExactlyOnce final : public Checker {
 public:
  using Checker::Checker;
  std::string_view name() const override { return "producers-are-in-order-and-exactly-once"; }
  void see(const Event& event) override;

 private:
  struct Line {  // of records whose order counts
    PartitionRef where;
    int actor;
    int connection;  // 0: all, of an idempotent producer
    auto operator<=>(const Line&) const = default;
  };
  struct Identity {
    PartitionRef where;
    ProducerId id;
    ProducerEpoch epoch;
    auto operator<=>(const Identity&) const = default;
  };
  void on_record(const Fetched& fetched, const SeenRecord& record);
  void on_audit(const AuditEnded& audit);

  SentRecords sent_;
  std::map<std::pair<PartitionRef, RecordId>, Offset> places_;
  std::map<Line, std::map<std::int32_t, Offset>> lines_;  // by number
  std::map<Identity, std::map<std::int32_t, Offset>> sequences_;
};

/// A producer whose batches so far were acknowledged is not told that its next sequence number or
/// its epoch is wrong. Excused, as in Kafka: a batch that was under way when the broker was stopped
/// cleanly, was appended, and is sent again afterwards; a producer snapshot remembers only the last
/// batch of a producer, and this one was further back.
class SequencesAreRemembered final : public Checker {
 public:
  using Checker::Checker;
  std::string_view name() const override { return "sequences-are-remembered"; }
  void see(const Event& event) override;

 private:
  SentRecords sent_;
  MonoTime last_start_{};
};

/// No producer id is given out twice, also not across restarts.
class ProducerIdsAreUnique final : public Checker {
 public:
  using Checker::Checker;
  std::string_view name() const override { return "producer-ids-are-unique"; }
  void see(const Event& event) override;

 private:
  std::set<ProducerId> given_;
};

}  // namespace moldau::sim
