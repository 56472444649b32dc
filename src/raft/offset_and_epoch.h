#pragma once

#include <fmt/format.h>

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"

namespace moldau::raft {

/// A point between two records of the metadata log: the offset of the next one, and the epoch of
/// the one before. As the id of a snapshot: it holds everything below `offset`.
struct OffsetAndEpoch {
  Offset offset{0};
  LeaderEpoch epoch{0};
  constexpr auto operator<=>(const OffsetAndEpoch&) const = default;
};

/// The snapshot that formatting leaves in the metadata log's directory. It says who the voters are
/// and is never sent to anybody.
inline constexpr OffsetAndEpoch bootstrap_snapshot_id{};

inline constexpr std::string_view snapshot_suffix = ".checkpoint";
/// Behind a snapshot's name while it is written, and while it is deleted.
inline constexpr std::string_view partial_snapshot_suffix = ".part";
inline constexpr std::string_view deleted_snapshot_suffix = ".deleted";

/// "00000000000000000042-0000000007.checkpoint" in the metadata log's directory.
std::string snapshot_file_name(OffsetAndEpoch id);
/// Null for every other name.
std::optional<OffsetAndEpoch> parse_snapshot_file_name(std::string_view name);

}  // namespace moldau::raft

template <>
struct fmt::formatter<moldau::raft::OffsetAndEpoch> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(moldau::raft::OffsetAndEpoch id, Context& context) const {
    return fmt::formatter<std::string_view>::format(fmt::format("{}-{}", id.offset, id.epoch),
                                                    context);
  }
};
