#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/error.h"
#include "base/ids.h"
#include "records/batch.h"

namespace moldau::records {

/// What a record of a control batch is: the second int16 of its key. Others may come with newer
/// brokers and are skipped.
enum class ControlType : std::int16_t {
  abort = 0,
  commit = 1,
  leader_change = 2,
  snapshot_header = 3,
  snapshot_footer = 4,
  kraft_version = 5,
  kraft_voters = 6,
};

inline constexpr std::int16_t control_key_version = 0;
inline constexpr std::size_t control_key_size = 4;
inline constexpr std::int16_t end_txn_marker_version = 0;
inline constexpr std::size_t end_txn_marker_size = 6;

struct ControlKey {
  std::int16_t version{control_key_version};
  std::int16_t type{0};  ///< a ControlType, or one that we do not know

  bool is(ControlType wanted) const { return type == static_cast<std::int16_t>(wanted); }
  /// Newer versions are read as version 0, as Apache does. Errors: corrupt.
  static Result<ControlKey> parse(Bytes key);
};

/// The key of a control record of that type.
std::array<std::uint8_t, control_key_size> control_key(ControlType type);

/// Value of an abort or commit record: int16 version, int32 epoch of the transaction coordinator.
struct EndTxnMarker {
  std::int32_t coordinator_epoch{-1};

  static Result<EndTxnMarker> parse(Bytes value);
  std::array<std::uint8_t, end_txn_marker_size> encode() const;
};

enum class TxnResult : std::uint8_t { abort, commit };

struct EndTxnBatch {
  TxnResult result{TxnResult::abort};
  ProducerId producer_id{no_producer_id};
  ProducerEpoch producer_epoch{no_producer_epoch};
  std::int32_t coordinator_epoch{-1};
  std::int64_t timestamp{no_timestamp};
  LeaderEpoch leader_epoch{no_leader_epoch};
};

/// The batch with which a partition leader ends a transaction: one control record, at offset 0
/// until the log assigns it.
SharedBytes build_end_txn_batch(const EndTxnBatch& end);

}  // namespace moldau::records
