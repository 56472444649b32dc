#pragma once

#include <cstdint>
#include <optional>

#include "base/ids.h"
#include "base/text.h"
#include "base/uuid.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Asks that a voter leave the metadata quorum (KIP-853).
struct RemoveRaftVoterRequest {
  static constexpr MessageInfo info{.name = "RemoveRaftVoterRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::remove_raft_voter),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  std::optional<Text> cluster_id{""};
  NodeId voter_id{};
  Uuid voter_directory_id{};

  static constexpr void fields(auto&& field) {
    field(&RemoveRaftVoterRequest::cluster_id, "ClusterId");
    field(&RemoveRaftVoterRequest::voter_id, "VoterId");
    field(&RemoveRaftVoterRequest::voter_directory_id, "VoterDirectoryId");
  }
};

/// Whether the voter was removed.
struct RemoveRaftVoterResponse {
  static constexpr MessageInfo info{.name = "RemoveRaftVoterResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::remove_raft_voter),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  std::optional<Text> error_message{""};

  static constexpr void fields(auto&& field) {
    field(&RemoveRaftVoterResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&RemoveRaftVoterResponse::error_code, "ErrorCode");
    field(&RemoveRaftVoterResponse::error_message, "ErrorMessage", ignorable());
  }
};

}  // namespace moldau::protocol
