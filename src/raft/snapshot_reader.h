#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "base/bytes.h"
#include "base/error.h"
#include "raft/offset_and_epoch.h"
#include "raft/voter_set.h"
#include "records/batch.h"

namespace moldau::raft {

/// What a snapshot says beside its data.
struct SnapshotContents {
  OffsetAndEpoch id;
  std::int64_t last_contained_log_timestamp{0};
  std::optional<std::int16_t> kraft_version;
  std::optional<VoterSet> voters;
};

/// Reads a whole snapshot file and calls `visit` for each data batch, in order. Every checksum and
/// the footer are checked, but the footer stands last: after an error forget what was visited.
/// Errors: truncated without a footer; corrupt; unsupported for a newer kraft.version; what `visit`
/// returns.
Result<SnapshotContents> read_snapshot(
    OffsetAndEpoch id, Bytes file,
    const std::function<Result<>(const records::BatchView& batch)>& visit);

}  // namespace moldau::raft
