#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "base/uuid.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// A voter tells the leader its endpoints and the range of kraft.version that it knows, where they
/// differ from its entry in the voter set (KIP-853).
struct UpdateRaftVoterRequest {
  static constexpr MessageInfo info{.name = "UpdateRaftVoterRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::update_raft_voter),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct Listener {
    Text name{};
    Text host{};
    std::uint16_t port{0};

    static constexpr void fields(auto&& field) {
      field(&Listener::name, "Name");
      field(&Listener::host, "Host");
      field(&Listener::port, "Port");
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

  std::optional<Text> cluster_id{""};
  LeaderEpoch current_leader_epoch{};
  NodeId voter_id{};
  Uuid voter_directory_id{};
  std::vector<Listener> listeners{};
  KRaftVersionFeature kraft_version_feature{};

  static constexpr void fields(auto&& field) {
    field(&UpdateRaftVoterRequest::cluster_id, "ClusterId");
    field(&UpdateRaftVoterRequest::current_leader_epoch, "CurrentLeaderEpoch");
    field(&UpdateRaftVoterRequest::voter_id, "VoterId");
    field(&UpdateRaftVoterRequest::voter_directory_id, "VoterDirectoryId");
    field(&UpdateRaftVoterRequest::listeners, "Listeners");
    field(&UpdateRaftVoterRequest::kraft_version_feature, "KRaftVersionFeature");
  }
};

/// Whether the entry was updated, and who leads.
struct UpdateRaftVoterResponse {
  static constexpr MessageInfo info{.name = "UpdateRaftVoterResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::update_raft_voter),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct CurrentLeader {
    NodeId leader_id{-1};
    LeaderEpoch leader_epoch{-1};
    Text host{};
    std::int32_t port{0};

    static constexpr void fields(auto&& field) {
      field(&CurrentLeader::leader_id, "LeaderId");
      field(&CurrentLeader::leader_epoch, "LeaderEpoch");
      field(&CurrentLeader::host, "Host");
      field(&CurrentLeader::port, "Port");
    }
  };

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  CurrentLeader current_leader{};

  static constexpr void fields(auto&& field) {
    field(&UpdateRaftVoterResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&UpdateRaftVoterResponse::error_code, "ErrorCode");
    field(&UpdateRaftVoterResponse::current_leader, "CurrentLeader", tag(0));
  }
};

}  // namespace moldau::protocol
