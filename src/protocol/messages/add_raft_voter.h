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

/// Asks that a controller become a voter of the metadata quorum (KIP-853). Version 1 may do without
/// waiting for the commit.
struct AddRaftVoterRequest {
  static constexpr MessageInfo info{.name = "AddRaftVoterRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::add_raft_voter),
                                    .versions = {0, 1},
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

  std::optional<Text> cluster_id{""};
  std::int32_t timeout_ms{0};
  NodeId voter_id{};
  Uuid voter_directory_id{};
  std::vector<Listener> listeners{};
  bool ack_when_committed{true};  ///< false: the leader's own log is enough

  static constexpr void fields(auto&& field) {
    field(&AddRaftVoterRequest::cluster_id, "ClusterId");
    field(&AddRaftVoterRequest::timeout_ms, "TimeoutMs");
    field(&AddRaftVoterRequest::voter_id, "VoterId");
    field(&AddRaftVoterRequest::voter_directory_id, "VoterDirectoryId");
    field(&AddRaftVoterRequest::listeners, "Listeners");
    field(&AddRaftVoterRequest::ack_when_committed, "AckWhenCommitted", since(1));
  }
};

/// Whether the voter was added.
struct AddRaftVoterResponse {
  static constexpr MessageInfo info{.name = "AddRaftVoterResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::add_raft_voter),
                                    .versions = {0, 1},
                                    .flexible_since = 0};
  static const Schema schema;

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  std::optional<Text> error_message{""};

  static constexpr void fields(auto&& field) {
    field(&AddRaftVoterResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&AddRaftVoterResponse::error_code, "ErrorCode");
    field(&AddRaftVoterResponse::error_message, "ErrorMessage", ignorable());
  }
};

}  // namespace moldau::protocol
