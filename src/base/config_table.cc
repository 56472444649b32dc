#include "base/config_table.h"

#include <algorithm>
#include <array>

#include "base/config_keys/controller.h"
#include "base/config_keys/group.h"
#include "base/config_keys/groups.h"
#include "base/config_keys/log.h"
#include "base/config_keys/own.h"
#include "base/config_keys/replication.h"
#include "base/config_keys/security.h"
#include "base/config_keys/server.h"
#include "base/config_keys/tiered.h"
#include "base/config_keys/topic.h"
#include "base/config_keys/transactions.h"

namespace moldau {
namespace {

template <std::size_t... sizes>
consteval auto sorted(const ConfigKey (&... tables)[sizes]) {
  std::array<ConfigKey, (sizes + ...)> all;
  auto next = all.begin();
  ((next = std::copy(tables, tables + sizes, next)), ...);
  std::sort(all.begin(), all.end(),
            [](const ConfigKey& a, const ConfigKey& b) { return a.name < b.name; });
  return all;
}

constexpr auto broker_keys =
    sorted(config_keys::controller_keys, config_keys::groups_keys, config_keys::log_keys,
           config_keys::own_keys, config_keys::replication_keys, config_keys::security_keys,
           config_keys::server_keys, config_keys::tiered_keys, config_keys::transactions_keys);
constexpr auto topic_keys = sorted(config_keys::topic_keys);
constexpr auto group_keys = sorted(config_keys::group_keys);

const ConfigKey* find(std::span<const ConfigKey> keys, std::string_view name) {
  const auto found = std::lower_bound(
      keys.begin(), keys.end(), name,
      [](const ConfigKey& key, std::string_view wanted) { return key.name < wanted; });
  return found != keys.end() && found->name == name ? &*found : nullptr;
}

}  // namespace

std::span<const ConfigKey> broker_config_keys() {
  return broker_keys;
}
std::span<const ConfigKey> topic_config_keys() {
  return topic_keys;
}
std::span<const ConfigKey> group_config_keys() {
  return group_keys;
}

const ConfigKey* find_broker_config_key(std::string_view name) {
  return find(broker_keys, name);
}
const ConfigKey* find_topic_config_key(std::string_view name) {
  return find(topic_keys, name);
}
const ConfigKey* find_group_config_key(std::string_view name) {
  return find(group_keys, name);
}

const ConfigKey* find_listener_config_key(std::string_view name) {
  constexpr std::string_view prefix = "listener.name.";
  if (!name.starts_with(prefix)) return nullptr;
  name.remove_prefix(prefix.size());
  // A listener's name may contain dots, so the key is the longest rest that is one.
  for (auto dot = name.find('.'); dot != name.npos; dot = name.find('.')) {
    name.remove_prefix(dot + 1);
    if (const auto* key = find_broker_config_key(name)) return key;
  }
  return nullptr;
}

}  // namespace moldau
