#include "base/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/check.h"
#include "base/config_table.h"
#include "base/listener.h"

namespace moldau {
namespace {

/// Keys of plug-ins, whose names nobody knows beforehand.
constexpr std::string_view plug_in_prefixes[] = {"rsm.config.", "rlmm.config."};

const ConfigKey* find_any(std::string_view name) {
  const auto* key = find_broker_config_key(name);
  return key != nullptr ? key : find_listener_config_key(name);
}

bool is_plug_in(std::string_view name) {
  return std::ranges::any_of(plug_in_prefixes,
                             [&](std::string_view prefix) { return name.starts_with(prefix); });
}

/// Insertions, deletions and substitutions from one name to the other.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, substituted}));
    }
  }
  return row.back();
}

std::unexpected<Error> unknown_property(std::string_view name) {
  if (name.starts_with("zookeeper.") || name == "inter.broker.protocol.version" ||
      name == "log.message.format.version") {
    return fail(Errc::invalid,
                fmt::format("{}: Kafka 4 no longer has this property: remove it", name));
  }
  if (find_topic_config_key(name) != nullptr) {
    return fail(Errc::invalid,
                fmt::format("{}: this is a topic's setting; the broker's default for it is {}",
                            name, find_topic_config_key(name)->synonyms[0].name));
  }
  constexpr std::size_t distance_max = 3;
  const ConfigKey* nearest = nullptr;
  std::size_t nearest_distance = distance_max + 1;
  for (const auto& key : broker_config_keys()) {
    const auto distance = edit_distance(name, key.name);
    if (distance < nearest_distance) {
      nearest = &key;
      nearest_distance = distance;
    }
  }
  return fail(Errc::invalid, nearest != nullptr
                                 ? fmt::format("{}: there is no such property; did you mean {}?",
                                               name, nearest->name)
                                 : fmt::format("{}: there is no such property", name));
}

}  // namespace

Result<StaticConfig> StaticConfig::make(const Properties& properties) {
  StaticConfig config;
  for (const auto& [name, text] : properties) {
    if (const auto* key = find_any(name)) {
      config.values_.emplace(name, TRY(parse_config_value(*key, text)));
    } else if (is_plug_in(name)) {
      config.values_.emplace(name, text);
    } else {
      return unknown_property(name);
    }
  }
  for (const auto& key : broker_config_keys()) {
    if (key.required && !config.is_set(key.name)) {
      return fail(Errc::invalid,
                  fmt::format("{}: missing, and it has no default. {}", key.name, key.doc));
    }
  }
  TRY(config.check_dependencies());
  return config;
}

Result<> StaticConfig::check_consumer_groups() const {
  constexpr std::string_view prefix = "group.consumer.";
  for (const std::string_view what :
       {"heartbeat.interval.ms", "session.timeout.ms", "assignment.interval.ms"}) {
    const auto key = fmt::format("{}{}", prefix, what);
    const auto min = fmt::format("{}min.{}", prefix, what);
    const auto max = fmt::format("{}max.{}", prefix, what);
    const auto not_less = [this](std::string_view a, std::string_view b) -> Result<> {
      if (integer(a) >= integer(b)) return {};
      return fail(Errc::invalid, fmt::format("{} must be greater than or equal to {}", a, b));
    };
    TRY(not_less(max, min));
    TRY(not_less(key, min));
    if (integer(key) > integer(max)) {
      return fail(Errc::invalid, fmt::format("{} must be less than or equal to {}", key, max));
    }
  }
  const std::string_view heartbeat = "group.consumer.heartbeat.interval.ms";
  const std::string_view session = "group.consumer.session.timeout.ms";
  if (integer(heartbeat) < integer(session)) return {};
  return fail(Errc::invalid, fmt::format("{} must be less than {}", heartbeat, session));
}

Result<> StaticConfig::check_dependencies() const {
  TRY(check_consumer_groups());
  for (const auto* name : {"log.retention.ms", "log.retention.minutes", "log.retention.hours"}) {
    if (is_set(name) && values_.find(name)->second == "0") {
      return fail(Errc::invalid, fmt::format("{}: 0 is neither -1 (no limit) nor positive", name));
    }
  }
  if (log_dirs().empty()) {
    return fail(Errc::invalid, "log.dirs: names no directory, and neither does log.dir");
  }
  const auto inter_broker = maybe_text("inter.broker.listener.name");
  const auto listeners = TRY(parse_listeners("listeners", list("listeners")));
  if (inter_broker && std::ranges::count(listeners, *inter_broker, &ListenerAddress::name) == 0) {
    return fail(Errc::invalid,
                fmt::format("inter.broker.listener.name: {} is none of listeners", *inter_broker));
  }
  const auto metadata_directory = maybe_text("metadata.log.dir");
  if (metadata_directory && *metadata_directory != log_dirs().front()) {
    return fail(Errc::unsupported,
                "metadata.log.dir: the metadata log is in the first of log.dirs; put this "
                "directory first, or remove the property");
  }
  if (!list("config.providers").empty()) {
    return fail(Errc::unsupported,
                "config.providers: values are not looked up elsewhere; write them down");
  }
  if (!list("controller.quorum.voters").empty() &&
      !list("controller.quorum.bootstrap.servers").empty()) {
    return fail(Errc::invalid,
                "controller.quorum.voters: set this for a static quorum, or "
                "controller.quorum.bootstrap.servers for a dynamic one, not both");
  }
  return {};
}

const ConfigKey& StaticConfig::row(std::string_view name, ConfigType type) const {
  const auto* key = find_broker_config_key(name);
  CHECK(key != nullptr, "{} is not in the table", name);
  const bool integer = key->type == ConfigType::int16 || key->type == ConfigType::int32;
  // Kafka declares some lists as strings (max.connections.per.ip.overrides).
  const bool list = key->type == ConfigType::string && type == ConfigType::list;
  CHECK(key->type == type || (type == ConfigType::int64 && integer) || list,
        "{} is of another type", name);
  return *key;
}

std::optional<std::string_view> StaticConfig::value(const ConfigKey& key) const {
  const auto found = values_.find(key.name);
  if (found != values_.end()) return found->second;
  return key.default_value;
}

std::optional<std::int64_t> StaticConfig::maybe_integer(std::string_view name) const {
  const auto text = value(row(name, ConfigType::int64));
  if (!text) return std::nullopt;
  std::int64_t number = 0;
  const auto result = std::from_chars(text->data(), text->data() + text->size(), number);
  CHECK(result.ec == std::errc(), "{} was validated", name);
  return number;
}

std::int64_t StaticConfig::integer(std::string_view name) const {
  const auto number = maybe_integer(name);
  CHECK(number.has_value(), "{} may be unset", name);
  return *number;
}

double StaticConfig::real(std::string_view name) const {
  const auto text = value(row(name, ConfigType::real));
  CHECK(text.has_value(), "{} may be unset", name);
  double number = 0;
  const auto result = std::from_chars(text->data(), text->data() + text->size(), number);
  CHECK(result.ec == std::errc(), "{} was validated", name);
  return number;
}

bool StaticConfig::boolean(std::string_view name) const {
  return value(row(name, ConfigType::boolean)) == "true";
}

std::optional<std::string> StaticConfig::maybe_text(std::string_view name) const {
  const auto text = value(row(name, ConfigType::string));
  return text ? std::optional(std::string(*text)) : std::nullopt;
}

std::string StaticConfig::text(std::string_view name) const {
  return maybe_text(name).value_or(std::string());
}

std::vector<std::string> StaticConfig::list(std::string_view name) const {
  return split_config_list(value(row(name, ConfigType::list)).value_or(std::string_view()));
}

std::vector<std::string> StaticConfig::log_dirs() const {
  auto directories = list("log.dirs");
  return directories.empty() ? list("log.dir") : directories;
}

std::vector<std::string> StaticConfig::ignored() const {
  std::vector<std::string> names;
  for (const auto& [name, text] : values_) {
    const auto* key = find_broker_config_key(name);
    if (key == nullptr || key->use == ConfigUse::ignored) names.push_back(name);
  }
  return names;
}

Properties embedded_properties(const std::string& log_directory) {
  return {
      {"process.roles", "broker,controller"},
      {"node.id", "1"},
      {"listeners", "PLAINTEXT://:9092,CONTROLLER://:9093"},
      {"inter.broker.listener.name", "PLAINTEXT"},
      {"controller.listener.names", "CONTROLLER"},
      {"controller.quorum.bootstrap.servers", "localhost:9093"},
      {"listener.security.protocol.map",
       "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,"
       "SASL_SSL:SASL_SSL"},
      {"log.dirs", log_directory},
      {"offsets.topic.replication.factor", "1"},
      {"share.coordinator.state.topic.replication.factor", "1"},
      {"share.coordinator.state.topic.min.isr", "1"},
      {"transaction.state.log.replication.factor", "1"},
      {"transaction.state.log.min.isr", "1"},
  };
}

}  // namespace moldau
