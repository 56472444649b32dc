#pragma once

#include <cstdint>
#include <limits>

#include "base/time.h"

namespace moldau::storage {

inline constexpr std::int64_t unlimited = -1;
inline constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

/// When a record counts as on this disk. `page_cache` is Apache's behaviour and is chosen only by
/// `flush.messages` (or `log.flush.interval.messages`) set explicitly to its maximum.
enum class Durability : std::uint8_t { durable, page_cache };

/// One topic's settings as its logs use them; Kafka's names. Immutable: a change is a new object
/// (Log::set_config). Values have been validated by whoever read them.
struct LogConfig {
  std::int64_t segment_bytes{std::int64_t{1} << 30};
  std::int64_t segment_ms{std::int64_t{7} * 24 * 3600 * 1000};
  std::int64_t segment_jitter_ms{0};
  std::int64_t segment_index_bytes{std::int64_t{10} << 20};  ///< most bytes of an offset index
  std::int64_t index_interval_bytes{4096};
  bool preallocate{false};  ///< room for a whole segment is reserved when it begins

  bool cleanup_delete{true};  ///< cleanup.policy contains "delete"
  bool cleanup_compact{false};
  std::int64_t retention_ms{std::int64_t{7} * 24 * 3600 * 1000};  ///< or unlimited
  std::int64_t retention_bytes{unlimited};
  std::int64_t file_delete_delay_ms{60'000};

  // Compaction (docs/compaction.md).
  double min_cleanable_dirty_ratio{0.5};
  std::int64_t min_compaction_lag_ms{0};
  std::int64_t max_compaction_lag_ms{never};
  std::int64_t delete_retention_ms{std::int64_t{24} * 3600 * 1000};

  Durability durability{Durability::durable};
  std::int64_t flush_ms{never};  ///< page_cache only: flush at the latest after so long

  std::int64_t producer_id_expiration_ms{std::int64_t{24} * 3600 * 1000};
};

}  // namespace moldau::storage
