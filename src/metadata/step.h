#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/prng.h"
#include "base/time.h"
#include "base/uuid.h"
#include "metadata/record.h"

namespace moldau::metadata {

/// Kafka's limits of one user operation (KIP-599 and after).
inline constexpr std::size_t records_per_operation_max = 10'000;
inline constexpr std::int64_t partitions_per_request_max = 10'000;
inline constexpr std::int32_t producer_id_block_size = 1'000;

/// What a decision may depend on beside the replayed state.
struct Context {
  MonoTime now;
  /// Where the first record of this step will stand: the log's end, everything appended included.
  Offset next_offset;
  Prng& prng;                               ///< for placement
  const std::function<Uuid()>& fresh_uuid;  ///< never one of the 100 reserved ids
  /// As the quorum has it; brokers that register must support it.
  std::int16_t kraft_version{0};
};

enum class Atomicity : std::uint8_t {
  one_batch,  ///< all records in one record batch, or the operation fails
  may_split,  ///< any prefix of the records is a valid state; the last record completes it
};

struct Nothing {};

/// What an operation decided. The caller, in this order:
///  1. appends `records` to the metadata log at Context::next_offset, in one batch or as
///     `atomicity` allows; if that fails it calls deactivate() and drops the reply;
///  2. calls apply() with them: only that changes the replayed state;
///  3. delivers `reply` when everything that has been appended so far, this step included, is
///     committed: also if there are no records, as the decision may have read uncommitted state.
/// No other operation may be called between the decision and its apply().
template <class Reply>
struct Step {
  std::vector<Record> records;
  Reply reply{};
  Atomicity atomicity{Atomicity::one_batch};
  std::vector<std::string> notes;  ///< for the log: what was decided and why
};

}  // namespace moldau::metadata
