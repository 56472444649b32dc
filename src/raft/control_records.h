#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "protocol/records/raft_records.h"
#include "raft/offset_and_epoch.h"
#include "records/batch.h"

namespace moldau::raft {

/// What the consensus itself writes into the metadata log and its snapshots.
using ControlRecord = std::variant<protocol::LeaderChangeMessage, protocol::SnapshotHeaderRecord,
                                   protocol::SnapshotFooterRecord, protocol::KRaftVersionRecord,
                                   protocol::VotersRecord>;

/// One control batch that starts at `base_offset`, every record at `timestamp` (milliseconds).
SharedBytes build_control_batch(std::span<const ControlRecord> records, Offset base_offset,
                                LeaderEpoch epoch, std::int64_t timestamp);

/// A control record that was read.
struct PlacedControlRecord {
  Offset offset;
  ControlRecord record;
  SharedBytes value;  ///< the record's texts are views of it
};

/// The records of one control batch, in order; types that we do not know are skipped, as Kafka
/// does. Errors: corrupt.
Result<std::vector<PlacedControlRecord>> read_control_batch(const records::BatchView& batch);

/// Calls `visit(value)` for each record of a data batch, in order; compressed ones too. The value
/// is a copy, which what is decoded from it may keep. Errors: corrupt, also for a record without a
/// value; what `visit` returns.
Result<> read_data_batch(const records::BatchView& batch,
                         const std::function<Result<>(const SharedBytes& value)>& visit);

}  // namespace moldau::raft
