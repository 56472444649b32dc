#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/text.h"
#include "base/uuid.h"
#include "protocol/api_key.h"
#include "protocol/error_code.h"
#include "protocol/fields.h"

namespace moldau::protocol {

/// Deletes topics: `topic_names` until version 5, `topics` by name or id from 6 on.
struct DeleteTopicsRequest {
  static constexpr MessageInfo info{.name = "DeleteTopicsRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::delete_topics),
                                    .versions = {1, 6},
                                    .flexible_since = 4};
  static const Schema schema;

  struct DeleteTopicState {
    std::optional<Text> name{};
    Uuid topic_id{};

    static constexpr void fields(auto&& field) {
      field(&DeleteTopicState::name, "Name");
      field(&DeleteTopicState::topic_id, "TopicId");
    }
  };

  std::vector<DeleteTopicState> topics{};
  std::vector<Text> topic_names{};
  std::int32_t timeout_ms{0};

  static constexpr void fields(auto&& field) {
    field(&DeleteTopicsRequest::topics, "Topics", since(6));
    field(&DeleteTopicsRequest::topic_names, "TopicNames", until(5).ignorable());
    field(&DeleteTopicsRequest::timeout_ms, "TimeoutMs");
  }
};

/// What was deleted.
struct DeleteTopicsResponse {
  static constexpr MessageInfo info{.name = "DeleteTopicsResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::delete_topics),
                                    .versions = {1, 6},
                                    .flexible_since = 4};
  static const Schema schema;

  struct DeletableTopicResult {
    std::optional<Text> name{""};
    Uuid topic_id{};
    ErrorCode error_code{};
    std::optional<Text> error_message{};

    static constexpr void fields(auto&& field) {
      field(&DeletableTopicResult::name, "Name", nullable_since(6));
      field(&DeletableTopicResult::topic_id, "TopicId", since(6).ignorable());
      field(&DeletableTopicResult::error_code, "ErrorCode");
      field(&DeletableTopicResult::error_message, "ErrorMessage", since(5).ignorable());
    }
  };

  std::int32_t throttle_time_ms{0};
  std::vector<DeletableTopicResult> responses{};

  static constexpr void fields(auto&& field) {
    field(&DeleteTopicsResponse::throttle_time_ms, "ThrottleTimeMs", ignorable());
    field(&DeleteTopicsResponse::responses, "Responses");
  }
};

}  // namespace moldau::protocol
