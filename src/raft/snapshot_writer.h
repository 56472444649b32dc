#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "raft/offset_and_epoch.h"
#include "raft/voter_set.h"
#include "records/builder.h"

namespace moldau::raft {

/// No batch of the metadata log or of a snapshot is larger (KAFKA: max batch size).
inline constexpr std::size_t batch_bytes_max = std::size_t{8} << 20;

struct SnapshotOptions {
  OffsetAndEpoch id;
  /// Append time of the last record that the snapshot contains, milliseconds.
  std::int64_t last_contained_log_timestamp{0};
  std::int16_t kraft_version{0};
  VoterSet voters;  ///< from kraft.version 1 on
  std::size_t batch_bytes_max{raft::batch_bytes_max};
};

/// Makes the bytes of a snapshot file (docs/formats/metadata_log.md): a control batch with
/// header, kraft.version and voters; data batches; a control batch with the footer, without which
/// the file is not valid. Offsets count from 0, the leader epoch is the snapshot's. Each call
/// returns what the file continues with, so a large snapshot is never in memory as a whole.
class SnapshotWriter {
 public:
  SnapshotWriter(SnapshotOptions options, WallMs now);

  /// Call first.
  SharedBytes header();
  /// Adds a record; the batches that became full, mostly none. Errors: too_large if the record
  /// alone does not fit into a batch.
  Result<std::optional<SharedBytes>> append(Bytes value);
  /// The rest: the last data batch, if any, and the footer.
  std::vector<SharedBytes> finish();

 private:
  SharedBytes take_batch();

  SnapshotOptions options_;
  std::int64_t now_;
  Offset next_offset_{0};
  std::optional<records::BatchBuilder> builder_;
};

/// The same in one piece, for small ones: what formatting writes. Values are encoded records.
Result<std::vector<SharedBytes>> build_snapshot(SnapshotOptions options,
                                                std::span<const SharedBytes> values, WallMs now);

}  // namespace moldau::raft
