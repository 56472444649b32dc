#pragma once

#include <string>

#include "base/error.h"
#include "broker/config.h"
#include "env/env.h"
#include "metadata/record.h"
#include "raft/voter_set.h"
#include "storage/log_dir.h"

namespace moldau::broker {

/// metadata.version that a new directory starts at: 4.2-IV1, the newest level whose records were
/// read and proved; raised deliberately, and no other feature is turned on.
inline constexpr std::int16_t format_metadata_version = 29;

inline constexpr std::string_view metadata_topic = "__cluster_metadata";
inline constexpr std::string_view metadata_directory = "__cluster_metadata-0";
inline constexpr std::string_view bootstrap_file = "bootstrap.checkpoint";

/// This node as a voter: its id, its metadata directory's id and where its controller listens.
raft::Voter self_voter(const BrokerConfig& config, const Uuid& directory_id);

/// Makes a new directory what `kafka-storage format --standalone` makes of it: bootstrap.checkpoint
/// with the feature levels and, where the metadata log is to live, the snapshot of zero that names
/// this node as the only voter. `meta.properties` comes last and durably, so that a crash in the
/// middle leaves a directory which is formatted again. Errors: exists if there is a metadata log
/// but no meta.properties: that is damage, and nothing is overwritten.
enum class HoldsMetadata : std::uint8_t { no, yes };
Result<storage::MetaProperties> format_directory(env::Env& env, const BrokerConfig& config,
                                                 storage::LogDir& dir,
                                                 const std::string& cluster_id,
                                                 HoldsMetadata holds_metadata);

/// Records, and the bytes that their texts are views of.
struct Bootstrap {
  std::vector<SharedBytes> values;
  std::vector<metadata::Record> records;
};
/// What bootstrap.checkpoint says, for the first activation of the controller; the built-in records
/// if the file is missing.
Result<Bootstrap> read_bootstrap(env::Env& env, const std::string& directory);

}  // namespace moldau::broker
