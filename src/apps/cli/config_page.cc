#include "apps/cli/config_page.h"

#include <fmt/format.h>

#include <limits>
#include <span>
#include <vector>

#include "apps/cli/output.h"
#include "base/config_table.h"

namespace moldau::apps {
namespace {

std::string_view name_of(ConfigType type) {
  switch (type) {
    case ConfigType::boolean:
      return "boolean";
    case ConfigType::string:
      return "string";
    case ConfigType::int32:
      return "int";
    case ConfigType::int16:
      return "short";
    case ConfigType::int64:
      return "long";
    case ConfigType::real:
      return "double";
    case ConfigType::list:
      return "list";
    case ConfigType::class_name:
      return "class";
    case ConfigType::password:
      return "password";
    case ConfigType::unknown:
      return "unknown";
  }
  return "unknown";
}

std::string_view name_of(ConfigUpdate update) {
  switch (update) {
    case ConfigUpdate::read_only:
      return "read-only";
    case ConfigUpdate::per_broker:
      return "per-broker";
    case ConfigUpdate::cluster_wide:
      return "cluster-wide";
  }
  return "unknown";
}

std::string_view name_of(Importance importance) {
  switch (importance) {
    case Importance::high:
      return "high";
    case Importance::medium:
      return "medium";
    case Importance::low:
      return "low";
  }
  return "unknown";
}

std::string_view name_of(ConfigUse use) {
  switch (use) {
    case ConfigUse::ignored:
      return "ignored";
    case ConfigUse::honoured:
      return "honoured";
    case ConfigUse::own:
      return "own";
  }
  return "unknown";
}

/// "1 to 9 or -1", "at least 0", "a, b"; empty if anything goes.
std::string values_of(const ConfigKey& key) {
  std::string text;
  if (!key.choices.empty()) {
    text = fmt::format("{}", fmt::join(split_config_list(key.choices), ", "));
  } else if (key.type == ConfigType::real && key.real_max < std::numeric_limits<double>::max()) {
    text = fmt::format("{} to {}", key.real_min, key.real_max);
  } else if (key.max < std::numeric_limits<std::int64_t>::max()) {
    text = fmt::format("{} to {}", key.min, key.max);
  } else if (key.min > std::numeric_limits<std::int64_t>::min()) {
    text = fmt::format("at least {}", key.min);
  }
  if (key.outside) text += fmt::format(" or {}", *key.outside);
  return text;
}

std::string default_of(const ConfigKey& key) {
  if (key.required) return "(required)";
  if (!key.default_value) return "(unset)";
  return key.default_value->empty() ? "(empty)" : fmt::format("`{}`", *key.default_value);
}

void add_rows(std::string& page, std::span<const ConfigKey> keys, ConfigUse use) {
  page += "\n| property | type | default | values | changes | |\n|---|---|---|---|---|---|\n";
  for (const auto& key : keys) {
    if (key.use != use || key.internal) continue;
    page += fmt::format("| `{}` | {} | {} | {} | {} | {} |\n", key.name, name_of(key.type),
                        default_of(key), values_of(key), name_of(key.update), key.doc);
  }
}

/// Of a topic or a group.
void add_setting_rows(std::string& page, std::span<const ConfigKey> keys) {
  page += "\n| setting | type | default from | values | |\n|---|---|---|---|---|\n";
  for (const auto& key : keys) {
    if (key.use != ConfigUse::honoured) continue;
    std::vector<std::string> from;
    for (const auto& synonym : key.synonyms) {
      if (!synonym.name.empty()) from.push_back(fmt::format("`{}`", synonym.name));
    }
    page += fmt::format("| `{}` | {} | {} | {} | {} |\n", key.name, name_of(key.type),
                        fmt::join(from, ", "), values_of(key), key.doc);
  }
}

void add_names(std::string& page, std::span<const ConfigKey> keys) {
  std::vector<std::string> names;
  for (const auto& key : keys) {
    if (key.use == ConfigUse::ignored && !key.internal) {
      names.push_back(fmt::format("`{}`", key.name));
    }
  }
  page += fmt::format("\n{}\n", fmt::join(names, ",\n"));
}

std::string json_or_null(std::optional<std::string_view> text) {
  return text ? json_text(*text) : "null";
}

std::string json_of(const ConfigKey& key) {
  std::vector<std::string> synonyms;
  for (const auto& synonym : key.synonyms) {
    if (synonym.name.empty()) continue;
    synonyms.push_back(fmt::format(R"({{"name":{},"multiplier":{}}})", json_text(synonym.name),
                                   synonym.multiplier));
  }
  return fmt::format(
      R"({{"name":{},"type":"{}","default":{},"required":{},"values":{},"importance":"{}",)"
      R"("update":"{}","use":"{}","internal":{},"synonyms":[{}],"doc":{}}})",
      json_text(key.name), name_of(key.type), json_or_null(key.default_value), key.required,
      json_text(values_of(key)), name_of(key.importance), name_of(key.update), name_of(key.use),
      key.internal, fmt::join(synonyms, ","), json_text(key.doc));
}

std::string json_of(std::span<const ConfigKey> keys) {
  std::vector<std::string> rows;
  for (const auto& key : keys) rows.push_back(json_of(key));
  return fmt::format("[{}]", fmt::join(rows, ",\n  "));
}

}  // namespace

std::string configuration_page() {
  std::string page =
      "# Configuration\n\n"
      "Made by `moldau config keys --format markdown` from the table in `src/base/config_keys/`; "
      "a\n"
      "test holds both equal.\n\n"
      "`moldau server --config FILE` reads Kafka's `server.properties`: Kafka's names, Kafka's\n"
      "defaults. Without a file it runs with what Apache's own `config/server.properties` has\n"
      "(broker and controller in one, internal topics with one replica). `--override KEY=VALUE`\n"
      "goes on top of either. An unknown property, or a value that can not be, is an error that\n"
      "names it. A property of Kafka that does nothing here is said once in the log.\n\n"
      "The column *changes* says whether and where Kafka lets a value change while the broker "
      "runs. Here\n"
      "the *cluster-wide* ones can be changed, of one broker or of all, and take effect at once. "
      "All\n"
      "others are refused, also those without effect.\n\n"
      "## Moldau's own properties\n\n"
      "Apache Kafka does not know these, so they are never stored in the metadata log.\n";
  add_rows(page, broker_config_keys(), ConfigUse::own);
  page += "\n## Kafka's broker properties that have an effect\n";
  add_rows(page, broker_config_keys(), ConfigUse::honoured);
  page += "\n## Settings of a topic that have an effect\n";
  add_setting_rows(page, topic_config_keys());
  page +=
      "\n## Settings of a group that have an effect\n\n"
      "Those of share and streams groups are refused: what would be stored is not acted on.\n";
  add_setting_rows(page, group_config_keys());
  page += "\n## Known, accepted, without effect so far\n\nBroker properties:\n";
  add_names(page, broker_config_keys());
  page += "\nSettings of a topic:\n";
  add_names(page, topic_config_keys());
  page +=
      "\n`listener.name.NAME.KEY` is accepted for every KEY above, and so are the keys of tiered\n"
      "storage's plug-ins (`rsm.config.`, `rlmm.config.`).\n";
  return page;
}

std::string configuration_table() {
  Table table({"KEY", "OF", "TYPE", "DEFAULT", "VALUES", "USE"});
  const auto add = [&](std::string_view of, std::span<const ConfigKey> keys) {
    for (const auto& key : keys) {
      if (key.internal) continue;
      const std::string preset(key.required ? "(required)" : key.default_value.value_or("-"));
      table.add({std::string(key.name), std::string(of), std::string(name_of(key.type)), preset,
                 values_of(key), std::string(name_of(key.use))});
    }
  };
  add("broker", broker_config_keys());
  add("topic", topic_config_keys());
  add("group", group_config_keys());
  return table.to_string();
}

std::string configuration_json() {
  return fmt::format("{{\"broker\": {},\n\"topic\": {},\n\"group\": {}}}\n",
                     json_of(broker_config_keys()), json_of(topic_config_keys()),
                     json_of(group_config_keys()));
}

}  // namespace moldau::apps
