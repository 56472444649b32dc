#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "env/disk.h"
#include "storage/topic_partition.h"

namespace moldau::storage {

/// `warning`: the next start mends it without a loss, or cuts what was never acknowledged.
enum class Severity : std::uint8_t { warning, damage };

/// One thing that is wrong in a file.
struct Finding {
  Severity severity;
  std::string file;
  std::optional<std::uint64_t> position{};  ///< in the file
  std::optional<Offset> offset{};           ///< of the batch that is wrong, or was expected there
  std::string what;
};

struct VerifyTotals {
  std::uint64_t partitions{0};
  std::uint64_t segments{0};
  std::uint64_t batches{0};
  std::uint64_t records{0};
  std::uint64_t bytes{0};  ///< of segments
  std::uint64_t warnings{0};
  std::uint64_t damage{0};
};

/// Takes findings and counts them. A file of which nothing is right does not flood its reader.
class Findings {
 public:
  static constexpr std::uint64_t shown_per_file = 20;
  using Print = std::function<void(const Finding&)>;

  explicit Findings(Print print) : print_(std::move(print)) {}
  void add(Finding finding);
  VerifyTotals totals{};

 private:
  const Print print_;
  std::string file_;
  std::uint64_t in_file_{0};
};

/// How the broker that had the directory last has stopped. `unknown`: there is only the partition's
/// directory, not the checkpoints beside it.
enum class LastStop : std::uint8_t { clean, unclean, unknown };

struct VerifyRequest {
  std::string directory;
  LastStop last_stop{LastStop::unknown};
  Offset recovery_point{0};  ///< of an unclean stop: what is below it was synced
};

/// Checks one partition's directory, and changes nothing (docs/verify.md): its segments with every
/// record, their indexes, leader epochs, producer snapshots. A directory of Apache Kafka's is as
/// good as ours. Pool; one thread at a time.
class PartitionVerifier {
 public:
  PartitionVerifier(env::Disk& disk, VerifyRequest request, Findings& findings);
  ~PartitionVerifier();
  PartitionVerifier(const PartitionVerifier&) = delete;
  PartitionVerifier& operator=(const PartitionVerifier&) = delete;

  /// Reads on, about `bytes`. False: that was all. Errors: io and the like; bytes that are wrong
  /// are findings.
  Result<bool> step(std::uint64_t bytes);

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

/// Batches of a file that is no segment: a snapshot of the metadata log, bootstrap.checkpoint.
Result<> verify_snapshot(env::Disk& disk, const std::string& path, Findings& findings);

/// What there is to check below `path`, a log directory or one partition's; the small files of a
/// log directory are checked on the way.
Result<std::vector<VerifyRequest>> plan_verification(env::Disk& disk, const std::string& path,
                                                     Findings& findings);
/// The log directory that `path` is, or is a partition of: where the lock is.
Result<std::string> log_directory_of(env::Disk& disk, const std::string& path);

}  // namespace moldau::storage
