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

/// Sets or deletes SCRAM credentials (KIP-554); mechanism 1 is SHA-256, 2 is SHA-512.
struct AlterUserScramCredentialsRequest {
  static constexpr MessageInfo info{.name = "AlterUserScramCredentialsRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::alter_user_scram_credentials),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct ScramCredentialDeletion {
    Text name{};
    std::int8_t mechanism{0};

    static constexpr void fields(auto&& field) {
      field(&ScramCredentialDeletion::name, "Name");
      field(&ScramCredentialDeletion::mechanism, "Mechanism");
    }
  };

  struct ScramCredentialUpsertion {
    Text name{};
    std::int8_t mechanism{0};
    std::int32_t iterations{0};
    SharedBytes salt{};
    SharedBytes salted_password{};

    static constexpr void fields(auto&& field) {
      field(&ScramCredentialUpsertion::name, "Name");
      field(&ScramCredentialUpsertion::mechanism, "Mechanism");
      field(&ScramCredentialUpsertion::iterations, "Iterations");
      field(&ScramCredentialUpsertion::salt, "Salt");
      field(&ScramCredentialUpsertion::salted_password, "SaltedPassword");
    }
  };

  std::vector<ScramCredentialDeletion> deletions{};
  std::vector<ScramCredentialUpsertion> upsertions{};

  static constexpr void fields(auto&& field) {
    field(&AlterUserScramCredentialsRequest::deletions, "Deletions");
    field(&AlterUserScramCredentialsRequest::upsertions, "Upsertions");
  }
};

/// Per user, whether it was done.
struct AlterUserScramCredentialsResponse {
  static constexpr MessageInfo info{.name = "AlterUserScramCredentialsResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::alter_user_scram_credentials),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct AlterUserScramCredentialsResult {
    Text user{};
    ErrorCode error_code{};
    std::optional<Text> error_message{""};

    static constexpr void fields(auto&& field) {
      field(&AlterUserScramCredentialsResult::user, "User");
      field(&AlterUserScramCredentialsResult::error_code, "ErrorCode");
      field(&AlterUserScramCredentialsResult::error_message, "ErrorMessage");
    }
  };

  std::int32_t throttle_time_ms{0};
  std::vector<AlterUserScramCredentialsResult> results{};

  static constexpr void fields(auto&& field) {
    field(&AlterUserScramCredentialsResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&AlterUserScramCredentialsResponse::results, "Results");
  }
};

}  // namespace moldau::protocol
