#pragma once

#include "base/config_key.h"

/// How the rows of the table are written down: `int_key("num.partitions", "1").at_least(1)`.
/// Importance is medium, updates are read-only and the key is ignored unless a row says otherwise.
namespace moldau::config_keys {

class Row {
 public:
  consteval Row(ConfigType type, std::string_view name, std::optional<std::string_view> value) {
    key_.name = name;
    key_.type = type;
    key_.default_value = value;
  }
  consteval operator ConfigKey() const { return key_; }  // NOLINT: a row is a key

  consteval Row at_least(std::int64_t min) const { return range(min, key_.max); }
  consteval Row range(std::int64_t min, std::int64_t max) const {
    Row row = *this;
    row.key_.min = min;
    row.key_.max = max;
    return row;
  }
  consteval Row real_range(double min, double max) const {
    Row row = *this;
    row.key_.real_min = min;
    row.key_.real_max = max;
    return row;
  }
  consteval Row or_else(std::int64_t value) const {
    Row row = *this;
    row.key_.outside = value;
    return row;
  }
  consteval Row one_of(std::string_view choices) const {
    Row row = *this;
    row.key_.choices = choices;
    return row;
  }
  consteval Row any_case_of(std::string_view choices) const {
    Row row = one_of(choices);
    row.key_.choices_ignore_case = true;
    return row;
  }
  consteval Row non_empty() const {
    Row row = *this;
    row.key_.non_empty = true;
    return row;
  }
  consteval Row merges_duplicates() const {
    Row row = *this;
    row.key_.merges_duplicates = true;
    return row;
  }
  consteval Row required() const {
    Row row = *this;
    row.key_.required = true;
    return row;
  }
  consteval Row internal() const {
    Row row = *this;
    row.key_.internal = true;
    return row;
  }
  consteval Row high() const { return with(Importance::high); }
  consteval Row low() const { return with(Importance::low); }
  consteval Row per_broker() const { return with(ConfigUpdate::per_broker); }
  consteval Row cluster_wide() const { return with(ConfigUpdate::cluster_wide); }
  consteval Row honoured() const { return with(ConfigUse::honoured); }
  consteval Row own() const { return with(ConfigUse::own); }
  consteval Row synonym(std::string_view name, std::int64_t multiplier = 1) const {
    Row row = *this;
    std::size_t used = 0;
    while (!row.key_.synonyms[used].name.empty()) ++used;
    row.key_.synonyms[used] = {.name = name, .multiplier = multiplier};
    return row;
  }
  consteval Row doc(std::string_view text) const {
    Row row = *this;
    row.key_.doc = text;
    return row;
  }

 private:
  consteval Row with(Importance importance) const {
    Row row = *this;
    row.key_.importance = importance;
    return row;
  }
  consteval Row with(ConfigUpdate update) const {
    Row row = *this;
    row.key_.update = update;
    return row;
  }
  consteval Row with(ConfigUse use) const {
    Row row = *this;
    row.key_.use = use;
    return row;
  }

  ConfigKey key_;
};

using DefaultValue = std::optional<std::string_view>;

consteval Row bool_key(std::string_view name, DefaultValue value = {}) {
  return {ConfigType::boolean, name, value};
}
consteval Row string_key(std::string_view name, DefaultValue value = {}) {
  return {ConfigType::string, name, value};
}
consteval Row int_key(std::string_view name, DefaultValue value = {}) {
  return {ConfigType::int32, name, value};
}
consteval Row short_key(std::string_view name, DefaultValue value = {}) {
  return {ConfigType::int16, name, value};
}
consteval Row long_key(std::string_view name, DefaultValue value = {}) {
  return {ConfigType::int64, name, value};
}
consteval Row double_key(std::string_view name, DefaultValue value = {}) {
  return {ConfigType::real, name, value};
}
consteval Row list_key(std::string_view name, DefaultValue value = {}) {
  return {ConfigType::list, name, value};
}
consteval Row class_key(std::string_view name, DefaultValue value = {}) {
  return {ConfigType::class_name, name, value};
}
consteval Row password_key(std::string_view name, DefaultValue value = {}) {
  return {ConfigType::password, name, value};
}

}  // namespace moldau::config_keys
