#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/ids.h"
#include "env/disk.h"

namespace moldau::storage {

/// Whether a read may wait for the device. `cached` (on a worker) fails with Errc::unavailable
/// where it would have to, or where a file is not open yet; then the caller repeats it as
/// `blocking` on the directory's pool (env::run_on, IoClass::fetch). `passing` is for who reads
/// everything once: as blocking, but what was not in the page cache does not stay there.
enum class ReadMode : std::uint8_t { cached, blocking, passing };

/// `first_batch_at_least`: at least the first batch, even if it is larger than max_bytes (KIP-74).
enum class ReadMinimum : std::uint8_t { nothing, first_batch_at_least };

enum class ReadStatus : std::uint8_t { ok, offset_out_of_range };

/// Where the bytes of a fetch are: one slice of one segment, which starts with the batch that
/// contains the wanted offset, holds only batches below the limit, and may end with a partial batch
/// where max_bytes cut it. Send it by sendfile or read it; holding `file` keeps the bytes readable
/// even after retention has removed the segment.
struct ReadPlan {
  ReadStatus status{ReadStatus::ok};
  std::shared_ptr<env::File> file{};  ///< null if there is nothing to send
  std::uint64_t position{0};
  std::uint64_t length{0};
  std::uint64_t first_batch{0};  ///< bytes of the first batch; `length` may be less
};

struct TimestampOffset {
  std::int64_t timestamp;  ///< of the record
  Offset offset;
  LeaderEpoch leader_epoch;  ///< of its batch
};

/// OffsetForLeaderEpoch's answer; no_leader_epoch and no_offset if the epoch is not known.
struct EpochEnd {
  LeaderEpoch epoch{no_leader_epoch};
  Offset end_offset{no_offset};
};

}  // namespace moldau::storage
