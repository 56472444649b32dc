#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "base/text.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// What a client says of itself, asking which APIs and versions are served. Always answered with
/// response header 0, and in version 0 if the version asked for is unknown (KIP-511).
struct ApiVersionsRequest {
  static constexpr MessageInfo info{.name = "ApiVersionsRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::api_versions),
                                    .versions = {0, 5},
                                    .flexible_since = 3};
  static const Schema schema;

  Text client_software_name{};
  Text client_software_version{};
  std::optional<Text> cluster_id{};
  NodeId node_id{-1};

  static constexpr void fields(auto&& field) {
    field(&ApiVersionsRequest::client_software_name, "ClientSoftwareName", since(3).ignorable());
    field(&ApiVersionsRequest::client_software_version, "ClientSoftwareVersion",
          since(3).ignorable());
    field(&ApiVersionsRequest::cluster_id, "ClusterId", since(5).ignorable());
    field(&ApiVersionsRequest::node_id, "NodeId", since(5).ignorable());
  }
};

/// The served APIs and versions, and the features (KIP-584). Until version 3 supported features
/// with a minimum of 0 must be left out.
struct ApiVersionsResponse {
  static constexpr MessageInfo info{.name = "ApiVersionsResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::api_versions),
                                    .versions = {0, 5},
                                    .flexible_since = 3};
  static const Schema schema;

  struct ApiVersion {
    ApiKey api_key{};
    std::int16_t min_version{0};
    std::int16_t max_version{0};

    static constexpr void fields(auto&& field) {
      field(&ApiVersion::api_key, "ApiKey");
      field(&ApiVersion::min_version, "MinVersion");
      field(&ApiVersion::max_version, "MaxVersion");
    }
  };

  struct SupportedFeatureKey {
    Text name{};
    std::int16_t min_version{0};
    std::int16_t max_version{0};

    static constexpr void fields(auto&& field) {
      field(&SupportedFeatureKey::name, "Name");
      field(&SupportedFeatureKey::min_version, "MinVersion");
      field(&SupportedFeatureKey::max_version, "MaxVersion");
    }
  };

  struct FinalizedFeatureKey {
    Text name{};
    std::int16_t max_version_level{0};
    std::int16_t min_version_level{0};

    static constexpr void fields(auto&& field) {
      field(&FinalizedFeatureKey::name, "Name");
      field(&FinalizedFeatureKey::max_version_level, "MaxVersionLevel");
      field(&FinalizedFeatureKey::min_version_level, "MinVersionLevel");
    }
  };

  ErrorCode error_code{};
  std::vector<ApiVersion> api_keys{};
  std::int32_t throttle_time_ms{0};
  std::vector<SupportedFeatureKey> supported_features{};
  std::int64_t finalized_features_epoch{-1};
  std::vector<FinalizedFeatureKey> finalized_features{};
  bool zk_migration_ready{false};

  static constexpr void fields(auto&& field) {
    field(&ApiVersionsResponse::error_code, "ErrorCode");
    field(&ApiVersionsResponse::api_keys, "ApiKeys");
    field(&ApiVersionsResponse::throttle_time_ms, "ThrottleTimeMs", since(1).ignorable());
    field(&ApiVersionsResponse::supported_features, "SupportedFeatures",
          since(3).tag(0).ignorable());
    field(&ApiVersionsResponse::finalized_features_epoch, "FinalizedFeaturesEpoch",
          since(3).tag(1).ignorable());
    field(&ApiVersionsResponse::finalized_features, "FinalizedFeatures",
          since(3).tag(2).ignorable());
    field(&ApiVersionsResponse::zk_migration_ready, "ZkMigrationReady",
          since(3).tag(3).ignorable());
  }
};

}  // namespace moldau::protocol
