#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Asks for a delegation token, with which its holder authenticates as the owner (KIP-48). Since
/// version 3 the owner may be another than the asker (KIP-373).
struct CreateDelegationTokenRequest {
  static constexpr MessageInfo info{.name = "CreateDelegationTokenRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::create_delegation_token),
                                    .versions = {1, 3},
                                    .flexible_since = 2};
  static const Schema schema;

  struct CreatableRenewers {
    Text principal_type{};
    Text principal_name{};

    static constexpr void fields(auto&& field) {
      field(&CreatableRenewers::principal_type, "PrincipalType");
      field(&CreatableRenewers::principal_name, "PrincipalName");
    }
  };

  std::optional<Text> owner_principal_type{""};
  std::optional<Text> owner_principal_name{""};
  std::vector<CreatableRenewers> renewers{};
  std::int64_t max_lifetime_ms{0};  ///< -1: the broker's own limit

  static constexpr void fields(auto&& field) {
    field(&CreateDelegationTokenRequest::owner_principal_type, "OwnerPrincipalType", since(3));
    field(&CreateDelegationTokenRequest::owner_principal_name, "OwnerPrincipalName", since(3));
    field(&CreateDelegationTokenRequest::renewers, "Renewers");
    field(&CreateDelegationTokenRequest::max_lifetime_ms, "MaxLifetimeMs");
  }
};

/// The token: its id, its HMAC, which is the secret, and until when it is good.
struct CreateDelegationTokenResponse {
  static constexpr MessageInfo info{.name = "CreateDelegationTokenResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::create_delegation_token),
                                    .versions = {1, 3},
                                    .flexible_since = 2};
  static const Schema schema;

  ErrorCode error_code{};
  Text principal_type{};
  Text principal_name{};
  Text token_requester_principal_type{};
  Text token_requester_principal_name{};
  std::int64_t issue_timestamp_ms{0};
  std::int64_t expiry_timestamp_ms{0};
  std::int64_t max_timestamp_ms{0};
  Text token_id{};
  SharedBytes hmac{};
  std::int32_t throttle_time_ms{0};

  static constexpr void fields(auto&& field) {
    field(&CreateDelegationTokenResponse::error_code, "ErrorCode");
    field(&CreateDelegationTokenResponse::principal_type, "PrincipalType");
    field(&CreateDelegationTokenResponse::principal_name, "PrincipalName");
    field(&CreateDelegationTokenResponse::token_requester_principal_type,
          "TokenRequesterPrincipalType", since(3));
    field(&CreateDelegationTokenResponse::token_requester_principal_name,
          "TokenRequesterPrincipalName", since(3));
    field(&CreateDelegationTokenResponse::issue_timestamp_ms, "IssueTimestampMs");
    field(&CreateDelegationTokenResponse::expiry_timestamp_ms, "ExpiryTimestampMs");
    field(&CreateDelegationTokenResponse::max_timestamp_ms, "MaxTimestampMs");
    field(&CreateDelegationTokenResponse::token_id, "TokenId");
    field(&CreateDelegationTokenResponse::hmac, "Hmac");
    field(&CreateDelegationTokenResponse::throttle_time_ms, "ThrottleTimeMs");
  }
};

}  // namespace moldau::protocol
