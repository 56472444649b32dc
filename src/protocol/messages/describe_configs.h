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

/// Asks for configurations; null keys mean all.
struct DescribeConfigsRequest {
  static constexpr MessageInfo info{.name = "DescribeConfigsRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::describe_configs),
                                    .versions = {1, 4},
                                    .flexible_since = 4};
  static const Schema schema;

  struct DescribeConfigsResource {
    std::int8_t resource_type{0};
    Text resource_name{};
    std::optional<std::vector<Text>> configuration_keys{std::in_place};

    static constexpr void fields(auto&& field) {
      field(&DescribeConfigsResource::resource_type, "ResourceType");
      field(&DescribeConfigsResource::resource_name, "ResourceName");
      field(&DescribeConfigsResource::configuration_keys, "ConfigurationKeys");
    }
  };

  std::vector<DescribeConfigsResource> resources{};
  bool include_synonyms{false};
  bool include_documentation{false};

  static constexpr void fields(auto&& field) {
    field(&DescribeConfigsRequest::resources, "Resources");
    field(&DescribeConfigsRequest::include_synonyms, "IncludeSynonyms");
    field(&DescribeConfigsRequest::include_documentation, "IncludeDocumentation", since(3));
  }
};

/// Configurations, where their values come from, and their synonyms.
struct DescribeConfigsResponse {
  static constexpr MessageInfo info{.name = "DescribeConfigsResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::describe_configs),
                                    .versions = {1, 4},
                                    .flexible_since = 4};
  static const Schema schema;

  struct DescribeConfigsSynonym {
    Text name{};
    std::optional<Text> value{""};
    std::int8_t source{0};

    static constexpr void fields(auto&& field) {
      field(&DescribeConfigsSynonym::name, "Name");
      field(&DescribeConfigsSynonym::value, "Value");
      field(&DescribeConfigsSynonym::source, "Source");
    }
  };

  struct DescribeConfigsResourceResult {
    Text name{};
    std::optional<Text> value{""};
    bool read_only{false};
    std::int8_t config_source{-1};
    bool is_sensitive{false};
    std::vector<DescribeConfigsSynonym> synonyms{};
    std::int8_t config_type{0};
    std::optional<Text> documentation{""};

    static constexpr void fields(auto&& field) {
      field(&DescribeConfigsResourceResult::name, "Name");
      field(&DescribeConfigsResourceResult::value, "Value");
      field(&DescribeConfigsResourceResult::read_only, "ReadOnly");
      field(&DescribeConfigsResourceResult::config_source, "ConfigSource", ignorable());
      field(&DescribeConfigsResourceResult::is_sensitive, "IsSensitive");
      field(&DescribeConfigsResourceResult::synonyms, "Synonyms", ignorable());
      field(&DescribeConfigsResourceResult::config_type, "ConfigType", since(3).ignorable());
      field(&DescribeConfigsResourceResult::documentation, "Documentation", since(3).ignorable());
    }
  };

  struct DescribeConfigsResult {
    ErrorCode error_code{};
    std::optional<Text> error_message{""};
    std::int8_t resource_type{0};
    Text resource_name{};
    std::vector<DescribeConfigsResourceResult> configs{};

    static constexpr void fields(auto&& field) {
      field(&DescribeConfigsResult::error_code, "ErrorCode");
      field(&DescribeConfigsResult::error_message, "ErrorMessage");
      field(&DescribeConfigsResult::resource_type, "ResourceType");
      field(&DescribeConfigsResult::resource_name, "ResourceName");
      field(&DescribeConfigsResult::configs, "Configs");
    }
  };

  std::int32_t throttle_time_ms{0};
  std::vector<DescribeConfigsResult> results{};

  static constexpr void fields(auto&& field) {
    field(&DescribeConfigsResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&DescribeConfigsResponse::results, "Results");
  }
};

}  // namespace moldau::protocol
