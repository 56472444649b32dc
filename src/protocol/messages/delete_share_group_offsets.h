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

/// Lets an empty share group forget topics (KIP-932).
struct DeleteShareGroupOffsetsRequest {
  static constexpr MessageInfo info{.name = "DeleteShareGroupOffsetsRequest",
                                    .type = MessageType::request,
                                    .api_key = number(ApiKey::delete_share_group_offsets),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct DeleteShareGroupOffsetsRequestTopic {
    Text topic_name{};

    static constexpr void fields(auto&& field) {
      field(&DeleteShareGroupOffsetsRequestTopic::topic_name, "TopicName");
    }
  };

  Text group_id{};
  std::vector<DeleteShareGroupOffsetsRequestTopic> topics{};

  static constexpr void fields(auto&& field) {
    field(&DeleteShareGroupOffsetsRequest::group_id, "GroupId");
    field(&DeleteShareGroupOffsetsRequest::topics, "Topics");
  }
};

/// Per topic, whether the group has forgotten it.
struct DeleteShareGroupOffsetsResponse {
  static constexpr MessageInfo info{.name = "DeleteShareGroupOffsetsResponse",
                                    .type = MessageType::response,
                                    .api_key = number(ApiKey::delete_share_group_offsets),
                                    .versions = {0, 0},
                                    .flexible_since = 0};
  static const Schema schema;

  struct DeleteShareGroupOffsetsResponseTopic {
    Text topic_name{};
    Uuid topic_id{};
    ErrorCode error_code{};
    std::optional<Text> error_message{};

    static constexpr void fields(auto&& field) {
      field(&DeleteShareGroupOffsetsResponseTopic::topic_name, "TopicName");
      field(&DeleteShareGroupOffsetsResponseTopic::topic_id, "TopicId");
      field(&DeleteShareGroupOffsetsResponseTopic::error_code, "ErrorCode");
      field(&DeleteShareGroupOffsetsResponseTopic::error_message, "ErrorMessage");
    }
  };

  std::int32_t throttle_time_ms{0};
  ErrorCode error_code{};
  std::optional<Text> error_message{};
  std::vector<DeleteShareGroupOffsetsResponseTopic> responses{};

  static constexpr void fields(auto&& field) {
    field(&DeleteShareGroupOffsetsResponse::throttle_time_ms, "ThrottleTimeMs");
    field(&DeleteShareGroupOffsetsResponse::error_code, "ErrorCode");
    field(&DeleteShareGroupOffsetsResponse::error_message, "ErrorMessage");
    field(&DeleteShareGroupOffsetsResponse::responses, "Responses");
  }
};

}  // namespace moldau::protocol
