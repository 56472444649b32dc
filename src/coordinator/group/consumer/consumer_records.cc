#include "coordinator/group/consumer/consumer_records.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "base/check.h"
#include "base/endian.h"
#include "protocol/codec.h"
#include "protocol/records/consumer_group_records.h"
#include "protocol/writer.h"

namespace moldau::coordinator {
namespace {

using protocol::ConsumerGroupCurrentMemberAssignmentKey;
using protocol::ConsumerGroupCurrentMemberAssignmentValue;
using protocol::ConsumerGroupMemberMetadataKey;
using protocol::ConsumerGroupMemberMetadataValue;
using protocol::ConsumerGroupMetadataKey;
using protocol::ConsumerGroupMetadataValue;
using protocol::ConsumerGroupPartitionMetadataKey;
using protocol::ConsumerGroupPartitionMetadataValue;
using protocol::ConsumerGroupRegularExpressionKey;
using protocol::ConsumerGroupRegularExpressionValue;
using protocol::ConsumerGroupTargetAssignmentMemberKey;
using protocol::ConsumerGroupTargetAssignmentMemberValue;
using protocol::ConsumerGroupTargetAssignmentMetadataKey;
using protocol::ConsumerGroupTargetAssignmentMetadataValue;
using CurrentTopic = ConsumerGroupCurrentMemberAssignmentValue::TopicPartitions;

constexpr std::int16_t version = 0;  // of all keys and values
constexpr std::size_t prefix_size = sizeof(std::int16_t);

template <class T>
SharedBytes encode(std::int16_t prefix, const T& body) {
  protocol::Writer out;
  out.put(prefix);
  const auto encoded = protocol::encode(body, version, out);
  CHECK(encoded, "{}", encoded.error().to_string());
  return out.take();
}

template <class Key, class Value>
Record record(const Key& key, const Value& value) {
  return {encode(Key::info.api_key, key), encode(version, value)};
}

template <class Key>
Record tombstone(const Key& key) {
  return {encode(Key::info.api_key, key), std::nullopt};
}

template <class T>
Result<T> decode_body(Bytes bytes) {
  auto decoded = protocol::decode<T>(SharedBytes::borrow(bytes), version, prefix_size);
  if (!decoded) return std::unexpected(std::move(decoded.error()).within(T::info.name));
  return std::move(decoded->message);
}

/// Null: a tombstone.
template <class T>
Result<std::optional<T>> decode_value(std::optional<Bytes> value) {
  if (!value) return std::nullopt;
  if (value->size() < prefix_size) return fail(Errc::truncated, std::string(T::info.name));
  const auto value_version = load_be<std::int16_t>(value->data());
  if (!T::info.versions.contains(value_version)) {
    return fail(Errc::unsupported, fmt::format("{} version {}", T::info.name, value_version));
  }
  return TRY(decode_body<T>(*value));
}

Text text(std::string_view view) {
  return Text::view(view);
}
std::optional<Text> text_or_null(const std::optional<std::string>& from) {
  return from ? std::optional(Text::view(*from)) : std::nullopt;
}
std::optional<std::string> copy(const std::optional<Text>& from) {
  return from ? std::optional(from->str()) : std::nullopt;
}

std::vector<CurrentTopic> to_record(const EpochPartitions& topics) {
  std::vector<CurrentTopic> result;
  for (const auto& [id, partitions] : topics) {
    auto& to = result.emplace_back();
    to.topic_id = id;
    for (const auto& [partition, epoch] : partitions) {
      to.partitions.push_back(partition);
      to.assignment_epochs->push_back(epoch);
    }
  }
  return result;
}

/// Brokers before 4.3 wrote no epochs: then the partitions are as old as the member's.
EpochPartitions from_record(const std::vector<CurrentTopic>& topics, std::int32_t member_epoch) {
  EpochPartitions result;
  for (const CurrentTopic& topic : topics) {
    for (std::size_t i = 0; i < topic.partitions.size(); ++i) {
      const auto& epochs = topic.assignment_epochs;
      const std::int32_t epoch = epochs && i < epochs->size() ? (*epochs)[i] : member_epoch;
      result[topic.topic_id].insert_or_assign(topic.partitions[i], epoch);
    }
  }
  return result;
}

Result<ConsumerEntry> decode_group(Bytes key, std::optional<Bytes> value) {
  ConsumerGroupEntry entry{TRY(decode_body<ConsumerGroupMetadataKey>(key)).group_id, {}};
  if (const auto body = TRY(decode_value<ConsumerGroupMetadataValue>(value))) {
    entry.value = {body->epoch, body->metadata_hash};
  }
  return entry;
}

Result<ConsumerEntry> decode_partition_metadata(Bytes key, std::optional<Bytes> value) {
  const auto names = TRY(decode_body<ConsumerGroupPartitionMetadataKey>(key));
  const auto body = TRY(decode_value<ConsumerGroupPartitionMetadataValue>(value));
  return ConsumerPartitionMetadataEntry{names.group_id, body.has_value()};
}

Result<ConsumerEntry> decode_member(Bytes key, std::optional<Bytes> value) {
  const auto names = TRY(decode_body<ConsumerGroupMemberMetadataKey>(key));
  ConsumerMemberEntry entry{names.group_id, names.member_id, {}};
  const auto body = TRY(decode_value<ConsumerGroupMemberMetadataValue>(value));
  if (!body) return entry;
  ConsumerMember& member = entry.value.emplace();
  member.id = names.member_id.str();
  member.instance_id = copy(body->instance_id);
  member.rack_id = copy(body->rack_id);
  member.client_id = body->client_id.str();
  member.client_host = body->client_host.str();
  for (const Text& topic : body->subscribed_topic_names) member.topic_names.emplace(topic.view());
  if (body->subscribed_topic_regex) member.topic_regex = body->subscribed_topic_regex->str();
  member.rebalance_timeout_ms = body->rebalance_timeout_ms;
  member.server_assignor = copy(body->server_assignor);
  if (const auto& classic = body->classic_member_metadata) {
    member.classic.emplace().session_timeout_ms = classic->session_timeout_ms;
    for (const auto& protocol : classic->supported_protocols) {
      member.classic->protocols.push_back(
          {protocol.name.str(), SharedBytes::copy(protocol.metadata.bytes())});
    }
  }
  return entry;
}

Result<ConsumerEntry> decode_target_epoch(Bytes key, std::optional<Bytes> value) {
  const auto names = TRY(decode_body<ConsumerGroupTargetAssignmentMetadataKey>(key));
  ConsumerTargetEpochEntry entry{names.group_id, {}};
  if (const auto body = TRY(decode_value<ConsumerGroupTargetAssignmentMetadataValue>(value))) {
    entry.value = {.epoch = body->assignment_epoch, .assigned_at_ms = body->assignment_timestamp};
  }
  return entry;
}

Result<ConsumerEntry> decode_target(Bytes key, std::optional<Bytes> value) {
  const auto names = TRY(decode_body<ConsumerGroupTargetAssignmentMemberKey>(key));
  ConsumerTargetEntry entry{names.group_id, names.member_id, {}};
  const auto body = TRY(decode_value<ConsumerGroupTargetAssignmentMemberValue>(value));
  if (!body) return entry;
  entry.value.emplace();
  for (const auto& topic : body->topic_partitions) {
    add_partitions(*entry.value, topic.topic_id, topic.partitions);
  }
  return entry;
}

Result<ConsumerEntry> decode_current(Bytes key, std::optional<Bytes> value) {
  const auto names = TRY(decode_body<ConsumerGroupCurrentMemberAssignmentKey>(key));
  ConsumerCurrentEntry entry{names.group_id, names.member_id, {}};
  const auto body = TRY(decode_value<ConsumerGroupCurrentMemberAssignmentValue>(value));
  if (!body) return entry;
  ConsumerMember& member = entry.value.emplace();
  member.epoch = body->member_epoch;
  member.previous_epoch = body->previous_member_epoch;
  member.state = member_state(body->state);
  member.assigned = from_record(body->assigned_partitions, body->member_epoch);
  member.pending_revocation = from_record(body->partitions_pending_revocation, body->member_epoch);
  return entry;
}

Result<ConsumerEntry> decode_regex(Bytes key, std::optional<Bytes> value) {
  const auto names = TRY(decode_body<ConsumerGroupRegularExpressionKey>(key));
  ConsumerRegexEntry entry{names.group_id, names.regular_expression, {}};
  const auto body = TRY(decode_value<ConsumerGroupRegularExpressionValue>(value));
  if (!body) return entry;
  ResolvedRegex& resolved = entry.value.emplace();
  for (const Text& topic : body->topics) resolved.topics.emplace(topic.view());
  resolved.version = body->version;
  resolved.timestamp_ms = body->timestamp;
  return entry;
}

ConsumerGroupMemberMetadataKey member_key(std::string_view group, std::string_view member) {
  return {.group_id = text(group), .member_id = text(member)};
}
ConsumerGroupTargetAssignmentMemberKey target_key(std::string_view group, std::string_view member) {
  return {.group_id = text(group), .member_id = text(member)};
}
ConsumerGroupCurrentMemberAssignmentKey current_key(std::string_view group,
                                                    std::string_view member) {
  return {.group_id = text(group), .member_id = text(member)};
}

}  // namespace

Result<std::optional<ConsumerEntry>> decode_consumer_record(Bytes key, std::optional<Bytes> value) {
  if (key.size() < prefix_size) return fail(Errc::truncated, "key");
  switch (load_be<std::int16_t>(key.data())) {
    case ConsumerGroupMetadataKey::info.api_key:
      return decode_group(key, value);
    case ConsumerGroupPartitionMetadataKey::info.api_key:
      return decode_partition_metadata(key, value);
    case ConsumerGroupMemberMetadataKey::info.api_key:
      return decode_member(key, value);
    case ConsumerGroupTargetAssignmentMetadataKey::info.api_key:
      return decode_target_epoch(key, value);
    case ConsumerGroupTargetAssignmentMemberKey::info.api_key:
      return decode_target(key, value);
    case ConsumerGroupCurrentMemberAssignmentKey::info.api_key:
      return decode_current(key, value);
    case ConsumerGroupRegularExpressionKey::info.api_key:
      return decode_regex(key, value);
    default:
      return std::nullopt;
  }
}

Record consumer_group_record(std::string_view group, ConsumerGroupEntry::Value value) {
  return record(
      ConsumerGroupMetadataKey{.group_id = text(group)},
      ConsumerGroupMetadataValue{.epoch = value.epoch, .metadata_hash = value.metadata_hash});
}
Record consumer_group_tombstone(std::string_view group) {
  return tombstone(ConsumerGroupMetadataKey{.group_id = text(group)});
}
Record consumer_partition_metadata_tombstone(std::string_view group) {
  return tombstone(ConsumerGroupPartitionMetadataKey{.group_id = text(group)});
}

Record consumer_member_record(std::string_view group, const ConsumerMember& member) {
  ConsumerGroupMemberMetadataValue value;
  value.instance_id = text_or_null(member.instance_id);
  value.rack_id = text_or_null(member.rack_id);
  value.client_id = text(member.client_id);
  value.client_host = text(member.client_host);
  for (const std::string& topic : member.topic_names) {
    value.subscribed_topic_names.push_back(text(topic));
  }
  value.subscribed_topic_regex = text(member.topic_regex);
  value.rebalance_timeout_ms = member.rebalance_timeout_ms;
  value.server_assignor = text_or_null(member.server_assignor);
  value.classic_member_metadata.reset();
  if (member.classic) {
    ConsumerGroupMemberMetadataValue::ClassicMemberMetadata classic;
    classic.session_timeout_ms = member.classic->session_timeout_ms;
    for (const ClassicProtocol& protocol : member.classic->protocols) {
      classic.supported_protocols.push_back({text(protocol.name), protocol.metadata});
    }
    value.classic_member_metadata = std::move(classic);
  }
  return record(member_key(group, member.id), value);
}
Record consumer_member_tombstone(std::string_view group, std::string_view member) {
  return tombstone(member_key(group, member));
}

Record consumer_target_epoch_record(std::string_view group, ConsumerTargetEpochEntry::Value value) {
  return record(ConsumerGroupTargetAssignmentMetadataKey{.group_id = text(group)},
                ConsumerGroupTargetAssignmentMetadataValue{
                    .assignment_epoch = value.epoch, .assignment_timestamp = value.assigned_at_ms});
}
Record consumer_target_epoch_tombstone(std::string_view group) {
  return tombstone(ConsumerGroupTargetAssignmentMetadataKey{.group_id = text(group)});
}

Record consumer_target_record(std::string_view group, std::string_view member,
                              const TopicPartitions& target) {
  ConsumerGroupTargetAssignmentMemberValue value;
  for (const auto& [topic, partitions] : target) {
    value.topic_partitions.push_back({topic, partitions});
  }
  return record(target_key(group, member), value);
}
Record consumer_target_tombstone(std::string_view group, std::string_view member) {
  return tombstone(target_key(group, member));
}

Record consumer_current_record(std::string_view group, const ConsumerMember& member) {
  ConsumerGroupCurrentMemberAssignmentValue value;
  value.member_epoch = member.epoch;
  value.previous_member_epoch = member.previous_epoch;
  value.state = static_cast<std::int8_t>(member.state);
  value.assigned_partitions = to_record(member.assigned);
  value.partitions_pending_revocation = to_record(member.pending_revocation);
  return record(current_key(group, member.id), value);
}
Record consumer_current_tombstone(std::string_view group, std::string_view member) {
  return tombstone(current_key(group, member));
}

Record consumer_regex_record(std::string_view group, std::string_view regex,
                             const ResolvedRegex& resolved) {
  ConsumerGroupRegularExpressionValue value;
  for (const std::string& topic : resolved.topics) value.topics.push_back(text(topic));
  value.version = resolved.version;
  value.timestamp = resolved.timestamp_ms;
  return record(
      ConsumerGroupRegularExpressionKey{.group_id = text(group), .regular_expression = text(regex)},
      value);
}
Record consumer_regex_tombstone(std::string_view group, std::string_view regex) {
  return tombstone(ConsumerGroupRegularExpressionKey{.group_id = text(group),
                                                     .regular_expression = text(regex)});
}

}  // namespace moldau::coordinator
