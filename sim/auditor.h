#pragma once

#include "sim/admin.h"
#include "sim/fetcher.h"
#include "sim/offset_lister.h"

namespace moldau::sim {

/// Looks at everything: after each start of the broker, or on demand for the final reckoning. One
/// object does one of them.
class Auditor {
 public:
  Auditor(Bench& bench, int actor);
  /// Reads all partitions after each start. Until its scope is stopped.
  env::Task<> run();

  /// Writes to every partition and creates a topic, again and again, until all of that has been
  /// answered without an error. To be spawned; then `is_idle()`.
  env::Task<> probe();
  /// Reads every partition to its end and all topics. While nobody writes. To be spawned, too.
  env::Task<> audit();
  bool is_idle() const { return idle_; }
  void set_busy() { idle_ = false; }

 private:
  struct Ends {
    Offset log_start;
    Offset end;
    std::vector<SeenRecord> left{};  ///< of a compacted topic
    std::uint64_t bytes{0};          ///< of all batches
  };
  env::Task<Result<>> read_all();
  env::Task<Result<Ends>> read(PartitionRef where);
  env::Task<Result<bool>> probe_partition(PartitionRef where);

  Bench& bench_;
  const int actor_;
  Connection connection_;
  Fetcher fetcher_;
  OffsetLister lister_;
  Admin admin_;
  std::int32_t next_number_{0};
  int probes_{0};
  bool idle_{true};
};

}  // namespace moldau::sim
