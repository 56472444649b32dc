#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Asks for delegation tokens (KIP-48); null owners mean all.
struct DescribeDelegationTokenRequest {
  static constexpr MessageInfo info{.name = "DescribeDelegationTokenRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::describe_delegation_token),
                                    .versions = {1, 3},
                                    .flexible_since = 2};
  static const Schema schema;

  struct DescribeDelegationTokenOwner {
    Text principal_type{};
    Text principal_name{};

    static constexpr void fields(auto&& field) {
      field(&DescribeDelegationTokenOwner::principal_type, "PrincipalType");
      field(&DescribeDelegationTokenOwner::principal_name, "PrincipalName");
    }
  };

  std::optional<std::vector<DescribeDelegationTokenOwner>> owners{std::in_place};

  static constexpr void fields(auto&& field) {
    field(&DescribeDelegationTokenRequest::owners, "Owners");
  }
};

/// Tokens that the asker may see.
struct DescribeDelegationTokenResponse {
  static constexpr MessageInfo info{.name = "DescribeDelegationTokenResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::describe_delegation_token),
                                    .versions = {1, 3},
                                    .flexible_since = 2};
  static const Schema schema;

  struct DescribedDelegationTokenRenewer {
    Text principal_type{};
    Text principal_name{};

    static constexpr void fields(auto&& field) {
      field(&DescribedDelegationTokenRenewer::principal_type, "PrincipalType");
      field(&DescribedDelegationTokenRenewer::principal_name, "PrincipalName");
    }
  };

  struct DescribedDelegationToken {
    Text principal_type{};
    Text principal_name{};
    Text token_requester_principal_type{};
    Text token_requester_principal_name{};
    std::int64_t issue_timestamp{0};
    std::int64_t expiry_timestamp{0};
    std::int64_t max_timestamp{0};
    Text token_id{};
    SharedBytes hmac{};
    std::vector<DescribedDelegationTokenRenewer> renewers{};

    static constexpr void fields(auto&& field) {
      field(&DescribedDelegationToken::principal_type, "PrincipalType");
      field(&DescribedDelegationToken::principal_name, "PrincipalName");
      field(&DescribedDelegationToken::token_requester_principal_type,
            "TokenRequesterPrincipalType", since(3));
      field(&DescribedDelegationToken::token_requester_principal_name,
            "TokenRequesterPrincipalName", since(3));
      field(&DescribedDelegationToken::issue_timestamp, "IssueTimestamp");
      field(&DescribedDelegationToken::expiry_timestamp, "ExpiryTimestamp");
      field(&DescribedDelegationToken::max_timestamp, "MaxTimestamp");
      field(&DescribedDelegationToken::token_id, "TokenId");
      field(&DescribedDelegationToken::hmac, "Hmac");
      field(&DescribedDelegationToken::renewers, "Renewers");
    }
  };

  ErrorCode error_code{};
  std::vector<DescribedDelegationToken> tokens{};
  std::int32_t throttle_time_ms{0};

  static constexpr void fields(auto&& field) {
    field(&DescribeDelegationTokenResponse::error_code, "ErrorCode");
    field(&DescribeDelegationTokenResponse::tokens, "Tokens");
    field(&DescribeDelegationTokenResponse::throttle_time_ms, "ThrottleTimeMs");
  }
};

}  // namespace moldau::protocol
