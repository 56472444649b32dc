#pragma once

#include <map>
#include <optional>

#include "sim/fetcher.h"
#include "sim/offset_lister.h"

namespace moldau::sim {

/// Reads some partitions, over and over, by long polls; now and then goes back to look at what it
/// has read; asks for the ends of logs over the same connection.
class Consumer {
 public:
  Consumer(Bench& bench, int actor, const ConsumerPlan& plan);
  /// Until its scope is stopped.
  env::Task<> run();
  bool is_resting() const { return resting_; }

 private:
  env::Task<Result<>> turn();
  env::Task<Result<>> fetch();
  env::Task<Result<>> list_offsets();
  env::Task<Result<>> reset(PartitionRef where);
  void choose();
  void go_on(const Fetcher::Summaries& summaries);

  Bench& bench_;
  const ConsumerPlan plan_;
  Prng prng_;
  Connection connection_;
  Fetcher fetcher_;
  OffsetLister lister_;
  std::map<PartitionRef, Offset> positions_;
  std::optional<PartitionRef> reset_;  // its position is out of range
  int fetches_{0};
  bool resting_{false};
};

}  // namespace moldau::sim
