#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/time.h"
#include "protocol/error_code.h"
#include "sim/catalog.h"
#include "sim/group_event.h"
#include "sim/records.h"

/// What clients do and see, as it happened in virtual time: all that checkers know.
namespace moldau::sim {

struct BatchSent {
  MonoTime at;
  PartitionRef where;
  RecordId first;
  std::int32_t count{1};
  int connection{0};  ///< unique in the run
  int attempt{1};     ///< above 1 only for idempotent producers: others send fresh records
  std::int16_t acks{-1};
  ProducerId producer_id{no_producer_id};
  ProducerEpoch producer_epoch{no_producer_epoch};
  std::int32_t base_sequence{-1};
  WallMs timestamp{};      ///< of all its records
  std::uint64_t bytes{0};  ///< of the batch, as it was sent
};

struct BatchAcked {
  MonoTime at;
  PartitionRef where;
  RecordId first;
  std::int32_t count{1};
  Offset base_offset{no_offset};
  MonoTime sent_at{};
};

struct BatchRefused {
  MonoTime at;
  PartitionRef where;
  RecordId first;
  protocol::ErrorCode error{};
  /// All that the producer sent to this partition before has been acknowledged, and nothing of it
  /// was refused since: its sequence numbers are right.
  bool follows_acked{false};
  MonoTime sent_at{};
};

/// A question about one partition goes out: a Fetch or a ListOffsets. Ends as one of the next
/// three.
struct ReadBegun {
  MonoTime at;
  int read{0};  ///< unique in the run
  PartitionRef where;
  Offset from{no_offset};  ///< Fetch only
  Duration may_wait{0};    ///< a long poll
};
struct Fetched {
  MonoTime at;
  int read{0};
  PartitionRef where;
  protocol::ErrorCode error{};
  Offset from{no_offset};
  Offset high_watermark{no_offset};
  Offset log_start{no_offset};
  std::vector<SeenRecord> records;
  std::uint64_t bytes{0};  ///< of all batches
};
enum class ListedOffset : std::uint8_t { latest, earliest };
struct OffsetListed {
  MonoTime at;
  int read{0};
  PartitionRef where;
  protocol::ErrorCode error{};
  ListedOffset which{};
  Offset offset{no_offset};
};
/// The connection was lost, or the answer left the partition out.
struct ReadLost {
  MonoTime at;
  int read{0};
  PartitionRef where;
};

/// DeleteRecords goes out, for one partition. Ends as the next one, or as a RequestLost.
struct RecordsDeletionSent {
  MonoTime at;
  int deletion{0};  ///< unique in the run
  PartitionRef where;
  Offset below{no_offset};  ///< -1: the high watermark
};
struct RecordsDeletionAnswered {
  MonoTime at;
  int deletion{0};
  PartitionRef where;
  protocol::ErrorCode error{};
  Offset low_watermark{no_offset};
};

struct TopicCreated {
  MonoTime at;
  int topic{-1};
  int partitions{0};
};
struct PartitionsAdded {
  MonoTime at;
  int topic{-1};
  int partitions{0};  ///< how many there are now
};
struct DeletionBegun {
  MonoTime at;
  int topic{-1};
};
struct TopicDeleted {
  MonoTime at;
  int topic{-1};
};
/// A Metadata answer for all topics. `topics` by catalog number with their numbers of partitions.
struct MetadataSeen {
  MonoTime at;
  MonoTime asked_at{};
  std::vector<std::pair<int, int>> topics;
};

struct ProducerIdGiven {
  MonoTime at;
  int actor{-1};
  ProducerId producer_id{no_producer_id};
};

/// An answer that is no error of the world: a client may never get it.
struct AnswerImpossible {
  MonoTime at;
  std::string what;
};
/// A request that got no answer in the client's time.
struct RequestLost {
  MonoTime at;
  int actor{-1};
  MonoTime sent_at{};
  std::string why;
  /// Of the connection that was lost with it, if one was: when it was begun.
  MonoTime connected_at{MonoTime::max()};
};

struct BrokerStarted {
  MonoTime at;
  int life{0};
  int quarantined{0};  ///< partitions
};
struct BrokerStartFailed {
  MonoTime at;
  int life{0};
  std::string error;
  bool excused{false};  ///< the disk was broken or full in this life
};
struct BrokerEnded {
  MonoTime at;
  int life{0};
  std::string how;
};
struct FaultInjected {
  MonoTime at;
  std::string what;
};
/// Bytes that had been synced are others now.
struct BytesDamaged {
  MonoTime at;
  std::string what;
  std::optional<PartitionRef> where{};   ///< null: of the broker, or of an internal topic
  std::optional<Offset> intact_below{};  ///< a start can not tell the rest from a torn tail
};
/// What was left of all damage was put right, while the broker was down.
struct DamageMended {
  MonoTime at;
};
/// The broker's wall clock was put so far ahead of true time.
struct ClockStepped {
  MonoTime at;
  Duration ahead{0};
};
/// Faults have stopped and the broker is to be as good as ever from here on.
struct CalmBegun {
  MonoTime at;
};
/// It was not by the given bound.
struct BoundMissed {
  MonoTime at;
  std::string what;
};
/// Somebody has read the whole partition, from its start to its end, for the final reckoning.
struct AuditEnded {
  MonoTime at;
  PartitionRef where;
  Offset log_start{no_offset};
  Offset end{no_offset};
  std::vector<SeenRecord> left{};  ///< of a compacted topic: all that is in it
  std::uint64_t bytes{0};          ///< of all batches
};

using Event =
    std::variant<BatchSent, BatchAcked, BatchRefused, ReadBegun, Fetched, OffsetListed, ReadLost,
                 RecordsDeletionSent, RecordsDeletionAnswered, TopicCreated, PartitionsAdded,
                 DeletionBegun, TopicDeleted, MetadataSeen, ProducerIdGiven, AnswerImpossible,
                 RequestLost, BrokerStarted, BrokerStartFailed, BrokerEnded, FaultInjected,
                 BytesDamaged, DamageMended, ClockStepped, CalmBegun, BoundMissed, AuditEnded,
                 CommitSent, CommitAnswered, CommitLost, OffsetTold, GroupJoined, AssignmentSent,
                 AssignmentTold, EpochTold, PartitionsReleased>;

MonoTime time_of(const Event& event);
/// The partition that it is about; null: about the whole.
std::optional<PartitionRef> partition_of(const Event& event);
/// One line, without the time.
std::string describe(const Event& event, const Catalog& catalog);

}  // namespace moldau::sim
