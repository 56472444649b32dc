#pragma once

#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "base/uuid.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// First record of each leader's epoch. Apache writes version 0.
struct LeaderChangeMessage {
  static constexpr MessageInfo info{.name = "LeaderChangeMessage",
                                    .type = MessageType::data,
                                    .versions = {0, 1},
                                    .flexible_since = 0};
  static const Schema schema;

  struct Voter {
    NodeId voter_id{};
    Uuid voter_directory_id{};

    static constexpr void fields(auto&& field) {
      field(&Voter::voter_id, "VoterId");
      field(&Voter::voter_directory_id, "VoterDirectoryId", since(1));
    }
  };

  std::int16_t version{0};
  NodeId leader_id{};
  std::vector<Voter> voters{};
  std::vector<Voter> granting_voters{};

  static constexpr void fields(auto&& field) {
    field(&LeaderChangeMessage::version, "Version");
    field(&LeaderChangeMessage::leader_id, "LeaderId");
    field(&LeaderChangeMessage::voters, "Voters");
    field(&LeaderChangeMessage::granting_voters, "GrantingVoters");
  }
};

/// First record of a snapshot.
struct SnapshotHeaderRecord {
  static constexpr MessageInfo info{.name = "SnapshotHeaderRecord",
                                    .type = MessageType::data,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  std::int16_t version{0};
  std::int64_t last_contained_log_timestamp{0};

  static constexpr void fields(auto&& field) {
    field(&SnapshotHeaderRecord::version, "Version");
    field(&SnapshotHeaderRecord::last_contained_log_timestamp, "LastContainedLogTimestamp");
  }
};

/// Last record of a snapshot.
struct SnapshotFooterRecord {
  static constexpr MessageInfo info{.name = "SnapshotFooterRecord",
                                    .type = MessageType::data,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  std::int16_t version{0};

  static constexpr void fields(auto&& field) { field(&SnapshotFooterRecord::version, "Version"); }
};

/// The level of kraft.version.
struct KRaftVersionRecord {
  static constexpr MessageInfo info{.name = "KRaftVersionRecord",
                                    .type = MessageType::data,
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  std::int16_t version{0};
  std::int16_t kraft_version{0};

  static constexpr void fields(auto&& field) {
    field(&KRaftVersionRecord::version, "Version");
    field(&KRaftVersionRecord::kraft_version, "KRaftVersion");
  }
};

/// The voters (KIP-853).
struct VotersRecord {
  static constexpr MessageInfo info{
      .name = "VotersRecord", .type = MessageType::data, .versions = {0, 0}, .flexible_since = 0};
  static const Schema schema;

  struct Endpoint {
    Text name{};
    Text host{};
    std::uint16_t port{0};

    static constexpr void fields(auto&& field) {
      field(&Endpoint::name, "Name");
      field(&Endpoint::host, "Host");
      field(&Endpoint::port, "Port");
    }
  };

  struct KRaftVersionFeature {
    std::int16_t min_supported_version{0};
    std::int16_t max_supported_version{0};

    static constexpr void fields(auto&& field) {
      field(&KRaftVersionFeature::min_supported_version, "MinSupportedVersion");
      field(&KRaftVersionFeature::max_supported_version, "MaxSupportedVersion");
    }
  };

  struct Voter {
    NodeId voter_id{};
    Uuid voter_directory_id{};
    std::vector<Endpoint> endpoints{};
    KRaftVersionFeature kraft_version_feature{};

    static constexpr void fields(auto&& field) {
      field(&Voter::voter_id, "VoterId");
      field(&Voter::voter_directory_id, "VoterDirectoryId");
      field(&Voter::endpoints, "Endpoints");
      field(&Voter::kraft_version_feature, "KRaftVersionFeature");
    }
  };

  std::int16_t version{0};
  std::vector<Voter> voters{};

  static constexpr void fields(auto&& field) {
    field(&VotersRecord::version, "Version");
    field(&VotersRecord::voters, "Voters");
  }
};

}  // namespace moldau::protocol
