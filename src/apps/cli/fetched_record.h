#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "apps/cli/topic_offsets.h"
#include "protocol/error_code.h"

namespace moldau::apps {

/// A record as a consumer would be given it: enough to recognise it, not all of it.
struct FetchedRecord {
  /// Shown of a key, in bytes.
  static constexpr std::size_t key_bytes_shown = 64;

  std::int64_t offset{0};
  std::optional<std::int64_t>
      timestamp_ms;                         ///< none: its producer gave none, or it is not readable
  std::optional<std::int64_t> key_bytes;    ///< none: it has no key
  std::string key;                          ///< its first bytes
  std::optional<std::int64_t> value_bytes;  ///< none: a tombstone
  std::int64_t batch_bytes{0};              ///< compressed, of all records that came with it
  std::string codec;                        ///< "zstd"; "none"
  std::string broken;  ///< why no client can read it: "the checksum is wrong"; empty: it can
};

/// What the leader says about a place in its log.
struct FetchedPlace {
  protocol::ErrorCode error{};
  std::int64_t high_watermark{-1};
  std::int64_t last_stable_offset{-1};
  std::int64_t log_start{-1};
  std::optional<FetchedRecord> record;  ///< the first at or after the offset that was asked for
};

/// Reads one record of each partition: the first at or behind the offset. One batch is fetched for
/// it, or a few where markers of transactions lie in between. Partitions that cannot be asked,
/// because they have no leader or it does not answer, are left out.
Result<std::map<TopicPartition, FetchedPlace>> fetch_records(Wire& wire, const OffsetMap& offsets);

/// The record at `offset` or behind it in what a Fetch brought; the offset to go on at if it is not
/// there; null: the bytes hold no whole batch.
struct FoundRecord {
  std::optional<FetchedRecord> record;
  std::int64_t next_offset{0};
};
std::optional<FoundRecord> find_record(Bytes batches, std::int64_t offset);

}  // namespace moldau::apps
