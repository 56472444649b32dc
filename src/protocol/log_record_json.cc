#include "protocol/log_record_json.h"

#include <fmt/format.h>

#include <variant>

#include "protocol/frame_json.h"
#include "protocol/records/control_records.h"
#include "protocol/records/metadata_record.h"
#include "protocol/records/raft_records.h"
#include "protocol/registry.h"
#include "protocol/schema.h"
#include "protocol/versioned.h"
#include "records/control.h"

namespace moldau::protocol {
namespace {

constexpr std::string_view key_suffix = "Key";
constexpr std::string_view value_suffix = "Value";

/// Where the message is in its bytes, and in which version.
struct Place {
  std::int16_t version;
  std::size_t position;
};

Result<std::string> decoded_json(const Schema& schema, Place place, Bytes bytes,
                                 const JsonOptions& options) {
  const auto frame = SharedBytes::borrow(bytes);
  return TRY(decode_to_json(schema, place.version, frame, place.position, options)).json;
}

/// The types of coordinators' records are numbered in each log from 0 on.
InternalLog log_of_key(std::string_view name) {
  if (name.starts_with("TransactionLog")) return InternalLog::transaction_state;
  const bool is_share_state = name == "ShareSnapshotKey" || name == "ShareUpdateKey";
  return is_share_state ? InternalLog::share_group_state : InternalLog::consumer_offsets;
}

const Schema* find_key_schema(InternalLog log, std::int16_t type) {
  for (const Schema* schema : all_schemas()) {
    const MessageInfo& info = schema->info;
    if (info.type != MessageType::coordinator_key || info.api_key != type) continue;
    if (log_of_key(info.name) == log) return schema;
  }
  return nullptr;
}

/// "OffsetCommitKey" -> "OffsetCommit".
std::string_view record_name(const Schema& key) {
  std::string_view name = key.info.name;
  if (name.ends_with(key_suffix)) name.remove_suffix(key_suffix.size());
  return name;
}

const Schema* find_value_schema(const Schema& key) {
  const std::string name = fmt::format("{}{}", record_name(key), value_suffix);
  for (const Schema* schema : all_schemas()) {
    if (schema->info.name == name) return schema;
  }
  return nullptr;
}

Result<std::string> coordinator_record_members(InternalLog log, Bytes key,
                                               std::optional<Bytes> value,
                                               const JsonOptions& options) {
  const std::int16_t type = TRY(number_in_front(key));
  const Schema* key_schema = find_key_schema(log, type);
  const Schema* value_schema = key_schema == nullptr ? nullptr : find_value_schema(*key_schema);
  if (value_schema == nullptr) {
    return fail(Errc::unsupported, fmt::format("record of unknown type {}", type));
  }
  const Place behind_type{0, number_in_front_size};
  auto members = fmt::format("\"type\":\"{}\",\"key\":{}", record_name(*key_schema),
                             TRY(decoded_json(*key_schema, behind_type, key, options)));
  if (!value) return members + ",\"value\":null";
  const std::int16_t version = TRY(number_in_front(*value));
  return members + fmt::format(",\"version\":{},\"value\":{}", version,
                               TRY(decoded_json(*value_schema, {version, number_in_front_size},
                                                *value, options)));
}

Result<std::string> metadata_record_members(std::optional<Bytes> value,
                                            const JsonOptions& options) {
  if (!value) return fail(Errc::corrupt, "metadata record without a value");
  const auto json = TRY(metadata_record_to_json(SharedBytes::borrow(*value), options));
  return json.substr(1, json.size() - 2);  // without its braces
}

const Schema* find_control_schema(std::int16_t type) {
  switch (static_cast<records::ControlType>(type)) {
    case records::ControlType::abort:
    case records::ControlType::commit:
      return &EndTxnMarker::schema;
    case records::ControlType::leader_change:
      return &LeaderChangeMessage::schema;
    case records::ControlType::snapshot_header:
      return &SnapshotHeaderRecord::schema;
    case records::ControlType::snapshot_footer:
      return &SnapshotFooterRecord::schema;
    case records::ControlType::kraft_version:
      return &KRaftVersionRecord::schema;
    case records::ControlType::kraft_voters:
      return &VotersRecord::schema;
  }
  return nullptr;
}

std::string control_name(std::int16_t type, const Schema* schema) {
  if (schema == nullptr) return fmt::format("Unknown {}", type);
  switch (static_cast<records::ControlType>(type)) {
    case records::ControlType::abort:
      return "Abort";
    case records::ControlType::commit:
      return "Commit";
    default:
      return schema->info.name;
  }
}

}  // namespace

InternalLog internal_log_of(std::string_view topic) {
  if (topic == "__cluster_metadata") return InternalLog::metadata;
  if (topic == "__consumer_offsets") return InternalLog::consumer_offsets;
  if (topic == "__transaction_state") return InternalLog::transaction_state;
  return topic == "__share_group_state" ? InternalLog::share_group_state : InternalLog::none;
}

Result<std::string> internal_record_members(InternalLog log, std::optional<Bytes> key,
                                            std::optional<Bytes> value,
                                            const JsonOptions& options) {
  if (log == InternalLog::metadata) return metadata_record_members(value, options);
  if (!key) return fail(Errc::corrupt, "record of a coordinator without a key");
  return coordinator_record_members(log, *key, value, options);
}

Result<std::string> control_record_members(Bytes key, std::optional<Bytes> value,
                                           const JsonOptions& options) {
  const auto control = TRY(records::ControlKey::parse(key));
  const Schema* schema = find_control_schema(control.type);
  auto members = fmt::format("\"type\":\"{}\"", control_name(control.type, schema));
  if (schema == nullptr || !value) return members + ",\"value\":null";
  const std::int16_t version = TRY(number_in_front(*value));
  // The quorum's records have the version as their first field, an EndTxnMarker has it in front.
  const bool is_in_front = schema == &EndTxnMarker::schema;
  const Place place = is_in_front ? Place{0, number_in_front_size} : Place{version, 0};
  return members + fmt::format(",\"version\":{},\"value\":{}", version,
                               TRY(decoded_json(*schema, place, *value, options)));
}

bool is_secret_record(std::optional<Bytes> key, std::optional<Bytes> value) {
  if (key || !value) return false;
  const auto record = decode_metadata_record(SharedBytes::borrow(*value));
  if (!record) return false;
  if (const auto* config = std::get_if<ConfigRecord>(&*record)) {
    return is_secret_config(config->name);
  }
  return std::holds_alternative<UserScramCredentialRecord>(*record);
}

}  // namespace moldau::protocol
