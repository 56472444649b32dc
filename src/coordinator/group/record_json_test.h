#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>

#include "base/endian.h"
#include "coordinator/runtime/step.h"
#include "protocol/codec.h"
#include "protocol/records/consumer_group_records.h"
#include "protocol/records/group_records.h"

namespace moldau::coordinator {

template <class T>
std::string body_as_json(const SharedBytes& bytes, std::int16_t version) {
  const auto decoded = protocol::decode<T>(bytes, version, sizeof(std::int16_t));
  EXPECT_TRUE(decoded);
  EXPECT_EQ(decoded->end, bytes.size());
  return protocol::to_json(decoded->message, version);
}

template <class Key, class Value>
std::string record_as_json(const Record& record) {
  const auto version =
      record.value ? load_be<std::int16_t>(record.value->data()) : std::int16_t{-1};
  return fmt::format("record {} {} v{} {}\n", Key::info.api_key, body_as_json<Key>(record.key, 0),
                     version, record.value ? body_as_json<Value>(*record.value, version) : "null");
}

/// As Apache's tools print it.
inline std::string record_as_json(const Record& record) {
  switch (load_be<std::int16_t>(record.key.data())) {
    case protocol::OffsetCommitKey::info.api_key:
      return record_as_json<protocol::OffsetCommitKey, protocol::OffsetCommitValue>(record);
    case protocol::GroupMetadataKey::info.api_key:
      return record_as_json<protocol::GroupMetadataKey, protocol::GroupMetadataValue>(record);
    case protocol::ConsumerGroupMetadataKey::info.api_key:
      return record_as_json<protocol::ConsumerGroupMetadataKey,
                            protocol::ConsumerGroupMetadataValue>(record);
    case protocol::ConsumerGroupPartitionMetadataKey::info.api_key:
      return record_as_json<protocol::ConsumerGroupPartitionMetadataKey,
                            protocol::ConsumerGroupPartitionMetadataValue>(record);
    case protocol::ConsumerGroupMemberMetadataKey::info.api_key:
      return record_as_json<protocol::ConsumerGroupMemberMetadataKey,
                            protocol::ConsumerGroupMemberMetadataValue>(record);
    case protocol::ConsumerGroupTargetAssignmentMetadataKey::info.api_key:
      return record_as_json<protocol::ConsumerGroupTargetAssignmentMetadataKey,
                            protocol::ConsumerGroupTargetAssignmentMetadataValue>(record);
    case protocol::ConsumerGroupTargetAssignmentMemberKey::info.api_key:
      return record_as_json<protocol::ConsumerGroupTargetAssignmentMemberKey,
                            protocol::ConsumerGroupTargetAssignmentMemberValue>(record);
    case protocol::ConsumerGroupCurrentMemberAssignmentKey::info.api_key:
      return record_as_json<protocol::ConsumerGroupCurrentMemberAssignmentKey,
                            protocol::ConsumerGroupCurrentMemberAssignmentValue>(record);
    case protocol::ConsumerGroupRegularExpressionKey::info.api_key:
      return record_as_json<protocol::ConsumerGroupRegularExpressionKey,
                            protocol::ConsumerGroupRegularExpressionValue>(record);
    default:
      ADD_FAILURE() << "a record of an unknown type";
      return {};
  }
}

}  // namespace moldau::coordinator
