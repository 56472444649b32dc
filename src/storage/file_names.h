#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/uuid.h"
#include "storage/topic_partition.h"

namespace moldau::storage {

/// Names in a log directory and in its partition directories, as Apache Kafka has them
/// (docs/formats/log_directory.md).
inline constexpr std::string_view log_suffix = ".log";
inline constexpr std::string_view index_suffix = ".index";
inline constexpr std::string_view time_index_suffix = ".timeindex";
inline constexpr std::string_view txn_index_suffix = ".txnindex";
inline constexpr std::string_view snapshot_suffix = ".snapshot";
/// Ours: the snapshot at the start of a log from which retention has removed segments, once more.
inline constexpr std::string_view snapshot_copy_suffix = ".snapshot-copy";
inline constexpr std::string_view deleted_suffix = ".deleted";
inline constexpr std::string_view cleaned_suffix = ".cleaned";
inline constexpr std::string_view swap_suffix = ".swap";

inline constexpr std::string_view leader_epoch_file = "leader-epoch-checkpoint";
inline constexpr std::string_view partition_metadata_file = "partition.metadata";
inline constexpr std::string_view recovery_point_file = "recovery-point-offset-checkpoint";
inline constexpr std::string_view high_watermark_file = "replication-offset-checkpoint";
inline constexpr std::string_view log_start_file = "log-start-offset-checkpoint";
inline constexpr std::string_view clean_offset_file = "cleaner-offset-checkpoint";
/// Ours: where damage was found in partitions that are quarantined.
inline constexpr std::string_view damage_file = "damage-offset-checkpoint";
inline constexpr std::string_view clean_shutdown_file = ".kafka_cleanshutdown";
inline constexpr std::string_view lock_file = ".lock";

inline constexpr std::string_view cluster_metadata_topic = "__cluster_metadata";

/// "00000000000000000042" and the suffix.
std::string segment_file_name(Offset base, std::string_view suffix);

struct SegmentFileName {
  Offset base;
  std::string_view suffix;  ///< one of the six above, static
};
/// Null for anything else, also for names with a second suffix.
std::optional<SegmentFileName> parse_segment_file_name(std::string_view name);

enum class DirectoryKind : std::uint8_t {
  live,
  deleted,  ///< `-delete`: a deletion under way
  future,   ///< `-future`: the target of a move between directories
  stray,    ///< `-stray`: a replica that the image does not assign to this broker
};
struct PartitionDirectory {
  TopicPartition name;  ///< for other than live: as far as the name could be kept
  DirectoryKind kind;
};
/// Null for what is not a partition's directory.
std::optional<PartitionDirectory> parse_partition_directory(std::string_view name);
std::string partition_directory_name(const TopicPartition& name);
/// "topic-partition.<32 hex>-delete" and the like; the topic is cut so that the name has at most
/// 255 bytes. `kind` is not live.
std::string retired_directory_name(const TopicPartition& name, const Uuid& unique,
                                   DirectoryKind kind);

}  // namespace moldau::storage
