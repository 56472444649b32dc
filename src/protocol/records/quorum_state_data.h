#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "base/uuid.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// The file `quorum-state`, which is JSON; version 1 has the directory id of the candidate voted
/// for (KIP-853).
struct QuorumStateData {
  static constexpr MessageInfo info{.name = "QuorumStateData",
                                    .type = MessageType::data,
                                    .versions = {0, 1},
                                    .flexible_since = 0};
  static const Schema schema;

  struct Voter {
    NodeId voter_id{};

    static constexpr void fields(auto&& field) { field(&Voter::voter_id, "VoterId"); }
  };

  Text cluster_id{};
  NodeId leader_id{-1};
  LeaderEpoch leader_epoch{-1};
  NodeId voted_id{-1};
  Uuid voted_directory_id{};
  Offset applied_offset{};
  std::optional<std::vector<Voter>> current_voters{std::in_place};

  static constexpr void fields(auto&& field) {
    field(&QuorumStateData::cluster_id, "ClusterId", until(0));
    field(&QuorumStateData::leader_id, "LeaderId");
    field(&QuorumStateData::leader_epoch, "LeaderEpoch");
    field(&QuorumStateData::voted_id, "VotedId");
    field(&QuorumStateData::voted_directory_id, "VotedDirectoryId", since(1));
    field(&QuorumStateData::applied_offset, "AppliedOffset", until(0));
    field(&QuorumStateData::current_voters, "CurrentVoters", until(0));
  }
};

}  // namespace moldau::protocol
