#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Sets finalized feature levels (KIP-584). Upgrade type 1 is an upgrade, 2 a safe and 3 an unsafe
/// downgrade; a level below 1 deletes.
struct UpdateFeaturesRequest {
  static constexpr MessageInfo info{.name = "UpdateFeaturesRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::update_features),
                                    .versions = {0, 2},
                                    .flexible_since = 0};
  static const Schema schema;

  struct FeatureUpdateKey {
    Text feature{};
    std::int16_t max_version_level{0};
    bool allow_downgrade{false};
    std::int8_t upgrade_type{1};

    static constexpr void fields(auto&& field) {
      field(&FeatureUpdateKey::feature, "Feature");
      field(&FeatureUpdateKey::max_version_level, "MaxVersionLevel");
      field(&FeatureUpdateKey::allow_downgrade, "AllowDowngrade", until(0));
      field(&FeatureUpdateKey::upgrade_type, "UpgradeType", since(1));
    }
  };

  std::int32_t timeout_ms{60000};
  std::vector<FeatureUpdateKey> feature_updates{};
  bool validate_only{false};

  static constexpr void fields(auto&& field) {
    field(&UpdateFeaturesRequest::timeout_ms, "timeoutMs");
    field(&UpdateFeaturesRequest::feature_updates, "FeatureUpdates");
    field(&UpdateFeaturesRequest::validate_only, "ValidateOnly", since(1));
  }
};

/// Whether it was done; before version 2 also for each feature.
struct UpdateFeaturesResponse {
  static constexpr MessageInfo info{.name = "UpdateFeaturesResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::update_features),
                                    .versions = {0, 2},
                                    .flexible_since = 0};
  static const Schema schema;

  struct UpdatableFeatureResult {
    Text feature{};
    ErrorCode error_code{};
    std::optional<Text> error_message{""};

    static constexpr void fields(auto&& field) {
      field(&UpdatableFeatureResult::feature, "Feature");
      field(&UpdatableFeatureResult::error_code, "ErrorCode");
      field(&UpdatableFeatureResult::error_message, "ErrorMessage");
    }
  };

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  std::optional<Text> error_message{""};
  std::vector<UpdatableFeatureResult> results{};

  static constexpr void fields(auto&& field) {
    field(&UpdateFeaturesResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&UpdateFeaturesResponse::error_code, "ErrorCode");
    field(&UpdateFeaturesResponse::error_message, "ErrorMessage");
    field(&UpdateFeaturesResponse::results, "Results", until(1).ignorable());
  }
};

}  // namespace moldau::protocol
