#include "protocol/redact.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "base/config_table.h"
#include "protocol/schema.h"

namespace moldau::protocol {
namespace {

using namespace std::string_view_literals;

/// Bytes of these names are secrets in whatever message they are.
constexpr std::array secret_bytes{"AuthBytes"sv, "Salt"sv, "SaltedPassword"sv, "StoredKey"sv,
                                  "ServerKey"sv, "Hmac"sv, "RequestData"sv,    "ResponseData"sv};

constexpr std::array secret_words{"password"sv, "passwd"sv,     "pwd"sv,   "passphrase"sv,
                                  "secret"sv,   "credential"sv, "jaas"sv,  "private.key"sv,
                                  "apikey"sv,   "api.key"sv,    "token"sv, "auth"sv};

/// Configurations of groups (KIP-848, KIP-932, KIP-1071) and of client metrics (KIP-714), which
/// have no secrets.
constexpr std::array harmless_prefixes{"consumer."sv, "share."sv, "streams."sv};
constexpr std::array harmless_names{"interval.ms"sv, "metrics"sv, "match"sv};

bool sounds_secret(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return std::ranges::any_of(secret_words,
                             [&](std::string_view word) { return lower.contains(word); });
}

const ConfigKey* find_key(std::string_view name) {
  if (const auto* key = find_topic_config_key(name)) return key;
  if (const auto* key = find_broker_config_key(name)) return key;
  return find_listener_config_key(name);
}

/// The text of the sibling field `name`, if there is one.
std::optional<std::string_view> sibling(const Table& table, const void* object,
                                        std::string_view name) {
  for (const Field& field : table) {
    if (field.name != name || field.kind != Kind::string || field.vector != nullptr) continue;
    const void* at = table.at(object, field);
    if (field.optional != nullptr) at = field.optional->get(at);
    if (at != nullptr) return static_cast<const Text*>(at)->view();
  }
  return std::nullopt;
}

}  // namespace

bool is_secret_config(std::string_view name) {
  if (const auto* key = find_key(name)) return key->sensitive();
  if (sounds_secret(name)) return true;
  const bool is_harmless = (std::ranges::find(harmless_names, name) != harmless_names.end()) ||
                           std::ranges::any_of(harmless_prefixes, [&](std::string_view prefix) {
                             return name.starts_with(prefix);
                           });
  return !is_harmless;
}

bool is_secret(const Table& table, const Field& field, const void* object) {
  if (field.kind == Kind::bytes)
    return std::ranges::find(secret_bytes, field.name) != secret_bytes.end();
  if (field.kind != Kind::string || field.name != "Value"sv) return false;
  if (const auto name = sibling(table, object, "Name")) return is_secret_config(*name);
  // Pairs of a stream's task: tags and topic settings, with names that their users have chosen.
  const auto key = sibling(table, object, "Key");
  return key && sounds_secret(*key);
}

bool may_hold_secrets(ApiKey key) {
  switch (key) {
    case ApiKey::sasl_handshake:  // behind its version 0 follow tokens without a header
    case ApiKey::sasl_authenticate:
    case ApiKey::create_topics:
    case ApiKey::describe_configs:
    case ApiKey::alter_configs:
    case ApiKey::incremental_alter_configs:
    case ApiKey::alter_user_scram_credentials:
    case ApiKey::create_delegation_token:
    case ApiKey::renew_delegation_token:
    case ApiKey::expire_delegation_token:
    case ApiKey::describe_delegation_token:
    case ApiKey::envelope:
    case ApiKey::fetch:  // of the metadata log, with SCRAM's keys
    case ApiKey::fetch_snapshot:
    case ApiKey::streams_group_heartbeat:
    case ApiKey::streams_group_describe:
      return true;
    default:
      return false;
  }
}

}  // namespace moldau::protocol
