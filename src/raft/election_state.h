#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/ids.h"
#include "raft/voter_set.h"

namespace moldau::raft {

inline constexpr std::string_view quorum_state_file_name = "quorum-state";

/// What a node has promised about an epoch: whom it voted for or follows. It must be on the disk
/// before anybody may learn of it, or a node could vote twice after a crash.
struct ElectionState {
  LeaderEpoch epoch{0};
  NodeId leader{no_node};
  ReplicaKey voted{};  ///< a vote is forgotten when the epoch's leader is known

  bool operator==(const ElectionState&) const = default;
};

/// The whole contents of `quorum-state`: one line of JSON, as Apache writes it. From kraft.version
/// 1 on it is data_version 1; before, data_version 0, which repeats the voters.
std::string encode_quorum_state(const ElectionState& state, std::int16_t kraft_version,
                                const VoterSet& voters);

/// Reads both versions. Errors: corrupt; unsupported for a newer data_version.
Result<ElectionState> decode_quorum_state(std::string_view text);

}  // namespace moldau::raft
