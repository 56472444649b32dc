#pragma once

#include <map>

#include "sim/history.h"

namespace moldau::sim {

/// The start of a log, once told to anybody, does not go back for as long as the broker lives, and
/// is not above the high watermark; below it is nothing to read. After a crash, when segments that
/// retention had taken may be back, it is still at or above what a DeleteRecords was answered with.
class LogStartMovesForward final : public Checker {
 public:
  using Checker::Checker;
  std::string_view name() const override { return "log-start-moves-forward"; }
  void see(const Event& event) override;

 private:
  void on_fetched(const Fetched& fetched);
  void on_listed(const OffsetListed& listed);
  void on_deleted(const RecordsDeletionAnswered& answered);
  void check(MonoTime at, PartitionRef where, int read, Offset start, const char* what);
  static void raise(std::map<PartitionRef, Offset>& starts, PartitionRef where, Offset to);

  std::map<PartitionRef, Offset> told_;     // in this life of the broker
  std::map<PartitionRef, Offset> deleted_;  // for good
  std::map<int, Offset> floors_;            // of the reads under way
  std::map<int, Offset> asked_;             // of the deletions under way
};

/// Nothing goes from the front of a log but what somebody has asked to delete, what is older than
/// its topic keeps, and what is beyond the size that its topic keeps.
class OnlyWhatMayGoGoes final : public Checker {
 public:
  using Checker::Checker;
  std::string_view name() const override { return "only-what-may-go-goes"; }
  void see(const Event& event) override;

 private:
  struct Batch {
    std::int32_t count;
    WallMs timestamp;
    std::uint64_t bytes;
    bool is_placed{false};  ///< somebody knows its offset
  };
  struct Partition {
    std::map<RecordId, Batch> sent;       // by their first records
    std::map<Offset, WallMs> timestamps;  // of the batches whose place is known, by their ends
    Offset deletable{0};                  // below it somebody wanted everything gone
    bool all_deletable{false};  // up to whatever the high watermark was, without an answer
    Offset start{0};            // the highest that was told
  };
  void place(PartitionRef where, RecordId id, Offset offset);
  void on_start(MonoTime at, PartitionRef where, Offset start);
  void on_audit(const AuditEnded& audit);
  /// The newest that the broker's clock has ever been.
  WallMs newest_wall(MonoTime at) const;
  bool is_old(WallMs timestamp, Duration keep, MonoTime at) const;

  std::map<PartitionRef, Partition> partitions_;
  Duration ahead_{0};
  WallMs newest_before_{0};  // the last step of the clock
};

}  // namespace moldau::sim
