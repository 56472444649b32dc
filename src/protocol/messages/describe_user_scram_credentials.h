#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Asks which SCRAM credentials users have (KIP-554); null users mean all.
struct DescribeUserScramCredentialsRequest {
  static constexpr MessageInfo info{.name = "DescribeUserScramCredentialsRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::describe_user_scram_credentials),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct UserName {
    Text name{};

    static constexpr void fields(auto&& field) { field(&UserName::name, "Name"); }
  };

  std::optional<std::vector<UserName>> users{std::in_place};

  static constexpr void fields(auto&& field) {
    field(&DescribeUserScramCredentialsRequest::users, "Users");
  }
};

/// Mechanisms and iterations, never the secrets.
struct DescribeUserScramCredentialsResponse {
  static constexpr MessageInfo info{.name = "DescribeUserScramCredentialsResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::describe_user_scram_credentials),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct CredentialInfo {
    std::int8_t mechanism{0};
    std::int32_t iterations{0};

    static constexpr void fields(auto&& field) {
      field(&CredentialInfo::mechanism, "Mechanism");
      field(&CredentialInfo::iterations, "Iterations");
    }
  };

  struct DescribeUserScramCredentialsResult {
    Text user{};
    ErrorCode error_code{};
    std::optional<Text> error_message{""};
    std::vector<CredentialInfo> credential_infos{};

    static constexpr void fields(auto&& field) {
      field(&DescribeUserScramCredentialsResult::user, "User");
      field(&DescribeUserScramCredentialsResult::error_code, "ErrorCode");
      field(&DescribeUserScramCredentialsResult::error_message, "ErrorMessage");
      field(&DescribeUserScramCredentialsResult::credential_infos, "CredentialInfos");
    }
  };

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  std::optional<Text> error_message{""};
  std::vector<DescribeUserScramCredentialsResult> results{};

  static constexpr void fields(auto&& field) {
    field(&DescribeUserScramCredentialsResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&DescribeUserScramCredentialsResponse::error_code, "ErrorCode");
    field(&DescribeUserScramCredentialsResponse::error_message, "ErrorMessage");
    field(&DescribeUserScramCredentialsResponse::results, "Results");
  }
};

}  // namespace moldau::protocol
