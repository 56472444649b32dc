#include "coordinator/group/group_records.h"

#include <fmt/format.h>

#include <cstdint>
#include <utility>

#include "base/check.h"
#include "base/endian.h"
#include "protocol/codec.h"
#include "protocol/writer.h"

namespace moldau::coordinator {
namespace {

using protocol::GroupMetadataKey;
using protocol::GroupMetadataValue;
using protocol::LegacyOffsetCommitKey;
using protocol::LegacyOffsetCommitValue;
using protocol::OffsetCommitKey;
using protocol::OffsetCommitValue;

constexpr std::int16_t key_version = 0;  // of the body; the type stands where values have theirs
constexpr std::int16_t offset_version = 4;
constexpr std::int16_t offset_version_with_expiry = 1;
constexpr std::int16_t group_version = 3;

template <class T>
SharedBytes encode(std::int16_t prefix, const T& body, std::int16_t version) {
  protocol::Writer out;
  out.put(prefix);
  const auto encoded = protocol::encode(body, version, out);
  CHECK(encoded, "{}", encoded.error().to_string());
  return out.take();
}

SharedBytes offset_key(std::string_view group, std::string_view topic, PartitionId partition) {
  return encode(OffsetCommitKey::info.api_key,
                OffsetCommitKey{
                    .group = Text::view(group), .topic = Text::view(topic), .partition = partition},
                key_version);
}

SharedBytes group_key(std::string_view group) {
  return encode(GroupMetadataKey::info.api_key, GroupMetadataKey{.group = Text::view(group)},
                key_version);
}

Result<std::int16_t> prefix(Bytes bytes, std::string_view what) {
  if (bytes.size() < sizeof(std::int16_t)) {
    return fail(Errc::truncated, fmt::format("{} of {} bytes", what, bytes.size()));
  }
  return load_be<std::int16_t>(bytes.data());
}

template <class T>
Result<T> decode_body(Bytes bytes, std::int16_t version) {
  auto decoded =
      protocol::decode<T>(SharedBytes::borrow(bytes), version, /*position=*/sizeof(std::int16_t));
  if (!decoded) return std::unexpected(std::move(decoded.error()).within(T::info.name));
  return std::move(decoded->message);
}

/// Null: a tombstone.
template <class T>
Result<std::optional<T>> decode_value(std::optional<Bytes> value) {
  if (!value) return std::nullopt;
  const std::int16_t version = TRY(prefix(*value, T::info.name));
  if (!T::info.versions.contains(version)) {
    return fail(Errc::unsupported, fmt::format("{} version {}", T::info.name, version));
  }
  return TRY(decode_body<T>(*value, version));
}

Result<LogEntry> decode_legacy_offset(Bytes key, std::optional<Bytes> value) {
  const auto names = TRY(decode_body<LegacyOffsetCommitKey>(key, key_version));
  OffsetEntry entry{names.group, names.topic, names.partition, std::nullopt};
  const auto body = TRY(decode_value<LegacyOffsetCommitValue>(value));
  if (body) {
    entry.committed = CommittedOffset{.offset = body->offset,
                                      .metadata = body->metadata.str(),
                                      .commit_timestamp_ms = body->commit_timestamp};
  }
  return entry;
}

Result<LogEntry> decode_offset(Bytes key, std::optional<Bytes> value) {
  const auto names = TRY(decode_body<OffsetCommitKey>(key, key_version));
  OffsetEntry entry{names.group, names.topic, names.partition, std::nullopt};
  const auto body = TRY(decode_value<OffsetCommitValue>(value));
  if (body) {
    entry.committed = CommittedOffset{.offset = body->offset,
                                      .leader_epoch = body->leader_epoch,
                                      .metadata = body->metadata.str(),
                                      .commit_timestamp_ms = body->commit_timestamp,
                                      .expire_timestamp_ms = body->expire_timestamp,
                                      .topic_id = body->topic_id};
  }
  return entry;
}

Result<LogEntry> decode_group(Bytes key, std::optional<Bytes> value) {
  const auto names = TRY(decode_body<GroupMetadataKey>(key, key_version));
  return GroupEntry{names.group, TRY(decode_value<GroupMetadataValue>(value))};
}

}  // namespace

Record offset_record(std::string_view group, std::string_view topic, PartitionId partition,
                     const CommittedOffset& committed) {
  const bool has_expiry = committed.expire_timestamp_ms != -1;
  const OffsetCommitValue value{.offset = committed.offset,
                                .leader_epoch = committed.leader_epoch,
                                .metadata = Text::view(committed.metadata),
                                .commit_timestamp = committed.commit_timestamp_ms,
                                .expire_timestamp = committed.expire_timestamp_ms,
                                .topic_id = committed.topic_id};
  const std::int16_t version = has_expiry ? offset_version_with_expiry : offset_version;
  return {offset_key(group, topic, partition), encode(version, value, version)};
}

Record offset_tombstone(std::string_view group, std::string_view topic, PartitionId partition) {
  return {offset_key(group, topic, partition), std::nullopt};
}

Record group_record(std::string_view group, const GroupMetadataValue& value) {
  return {group_key(group), encode(group_version, value, group_version)};
}

Record group_tombstone(std::string_view group) {
  return {group_key(group), std::nullopt};
}

Result<LogEntry> decode_record(Bytes key, std::optional<Bytes> value) {
  switch (TRY(prefix(key, "key"))) {
    case LegacyOffsetCommitKey::info.api_key:
      return decode_legacy_offset(key, value);
    case OffsetCommitKey::info.api_key:
      return decode_offset(key, value);
    case GroupMetadataKey::info.api_key:
      return decode_group(key, value);
    default:
      return UnknownEntry{};
  }
}

}  // namespace moldau::coordinator
