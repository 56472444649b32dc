#pragma once

#include <cstdint>
#include <string_view>

#include "metadata/image.h"

namespace moldau::metadata {

/// Levels of metadata.version (facts §5.4) and what they bring.
namespace level {
inline constexpr std::int16_t kafka_3_3 = 7;                  ///< the least that 4.x knows
inline constexpr std::int16_t zk_migration = 8;               ///< 3.4-IV0
inline constexpr std::int16_t transactions = 13;              ///< 3.6-IV1, KIP-868
inline constexpr std::int16_t no_epoch_bump_on_shrink = 12;   ///< 3.6-IV0, KAFKA-15021
inline constexpr std::int16_t controller_registration = 15;   ///< 3.7-IV0, KIP-919
inline constexpr std::int16_t directories = 17;               ///< 3.7-IV2, KIP-858
inline constexpr std::int16_t eligible_leader_replicas = 23;  ///< 4.0-IV1, KIP-966
inline constexpr std::int16_t kafka_4_2 = 29;

/// Whether records can be written at the level that the level below does not know, so that there is
/// no way back over it.
constexpr bool changes_metadata(std::int16_t feature_level) {
  constexpr std::int16_t changing[] = {
      kafka_3_3, zk_migration, 11, 13, 14, 15, directories, eligible_leader_replicas};
  for (const std::int16_t at : changing) {
    if (at == feature_level) return true;
  }
  return false;
}
}  // namespace level

/// metadata.version levels that we read and write. A log at another level must not be served: what
/// its records mean is not known here.
inline constexpr FeatureRange metadata_versions{level::kafka_3_3, level::kafka_4_2};

/// In which version a record is written at a level.
constexpr std::int16_t register_broker_version(std::int16_t metadata_version) {
  if (metadata_version >= level::directories) return 3;
  return metadata_version >= level::zk_migration ? 2 : 1;
}
constexpr std::int16_t partition_version(std::int16_t metadata_version) {
  if (metadata_version >= level::eligible_leader_replicas) return 2;
  return metadata_version >= level::directories ? 1 : 0;
}
constexpr std::int16_t partition_change_version(std::int16_t metadata_version) {
  return partition_version(metadata_version);
}

}  // namespace moldau::metadata
