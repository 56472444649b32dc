#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "base/uuid.h"
#include "storage/topic_partition.h"

namespace moldau::storage {

/// The small text files of a log directory (docs/formats/checkpoints.md): parsers and writers of
/// their whole contents. Parsers return Errc::corrupt for anything that Kafka would not write.

/// `recovery-point-offset-checkpoint`, `replication-offset-checkpoint`,
/// `log-start-offset-checkpoint` and the like. `file` is the name without a path: the checksum that
/// we add as an entry of its own covers it, so that one file's bytes in another are damage. A file
/// without it is Apache's, and believed.
using OffsetCheckpoint = std::map<TopicPartition, Offset>;
Result<OffsetCheckpoint> parse_offset_checkpoint(std::string_view text, std::string_view file);
std::string format_offset_checkpoint(const OffsetCheckpoint& offsets, std::string_view file);

/// One line of `leader-epoch-checkpoint`: the epoch's first offset.
struct EpochEntry {
  LeaderEpoch epoch;
  Offset start_offset;
  auto operator<=>(const EpochEntry&) const = default;
};
/// Both numbers ascend strictly.
Result<std::vector<EpochEntry>> parse_epoch_checkpoint(std::string_view text);
std::string format_epoch_checkpoint(const std::vector<EpochEntry>& entries);

/// `partition.metadata`. Ours says whose it is, and has a checksum, in lines that Apache does not
/// read; Apache's has neither.
struct PartitionMetadata {
  Uuid topic_id;
  std::optional<std::string> partition{};  ///< "topic-partition"
};
Result<PartitionMetadata> parse_partition_metadata(std::string_view text);
std::string format_partition_metadata(const Uuid& topic_id, const TopicPartition& name);
/// The topic id, if the file is the partition's, as far as it says.
Result<Uuid> parse_partition_metadata_of(const TopicPartition& name, std::string_view text);

/// `.kafka_cleanshutdown`: the broker epoch of the node that stopped; -1 where there is none (older
/// releases wrote an empty file).
BrokerEpoch parse_clean_shutdown(std::string_view text);
std::string format_clean_shutdown(BrokerEpoch broker_epoch);

}  // namespace moldau::storage
