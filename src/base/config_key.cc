#include "base/config_key.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace moldau {
namespace {

std::string_view trim(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n\f\v";
  const auto first = text.find_first_not_of(blanks);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::unexpected<Error> refuse(const ConfigKey& key, std::string_view text, std::string_view why) {
  return fail(Errc::invalid,
              fmt::format("Invalid value {} for configuration {}: {}", text, key.name, why));
}
std::unexpected<Error> refuse_list(const ConfigKey& key, std::string_view why) {
  return fail(Errc::invalid, fmt::format("Configuration '{}' {}", key.name, why));
}

// ASCII, whatever the process's locale.
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

/// As Kafka prints it.
std::string_view type_name(ConfigType type) {
  switch (type) {
    case ConfigType::int16:
      return "SHORT";
    case ConfigType::int32:
      return "INT";
    case ConfigType::int64:
      return "LONG";
    default:
      return "DOUBLE";
  }
}

std::unexpected<Error> refuse_number(const ConfigKey& key, std::string_view text) {
  return refuse(key, text, fmt::format("Not a number of type {}", type_name(key.type)));
}

template <class Number>
Result<> check_range(const ConfigKey& key, std::string_view text, Number value, Number min,
                     Number max) {
  if (value < min) return refuse(key, text, fmt::format("Value must be at least {}", min));
  if (value > max) return refuse(key, text, fmt::format("Value must be no more than {}", max));
  return {};
}

Result<std::string> parse_integer(const ConfigKey& key, std::string_view text) {
  std::int64_t value = 0;
  const auto digits = text.starts_with('+') ? text.substr(1) : text;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const auto fits = [&](auto type) {
    return value >= std::numeric_limits<decltype(type)>::min() &&
           value <= std::numeric_limits<decltype(type)>::max();
  };
  if (error != std::errc() || end != digits.data() + digits.size() ||
      (key.type == ConfigType::int32 && !fits(std::int32_t{})) ||
      (key.type == ConfigType::int16 && !fits(std::int16_t{}))) {
    return refuse_number(key, text);
  }
  const std::string canonical = fmt::format("{}", value);
  if (value == key.outside) return canonical;
  if (key.outside && (value < key.min || value > key.max)) {
    return refuse(key, canonical,
                  fmt::format("Value must be between {} and {} or equal to {}", key.min, key.max,
                              *key.outside));
  }
  TRY(check_range(key, canonical, value, key.min, key.max));
  return canonical;
}

Result<std::string> parse_real(const ConfigKey& key, std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || std::isnan(value)) {
    return refuse_number(key, text);
  }
  TRY(check_range(key, text, value, key.real_min, key.real_max));
  return std::string(text);
}

bool is_choice(const ConfigKey& key, std::string_view text) {
  return std::ranges::any_of(split_config_list(key.choices), [&](const std::string& choice) {
    return choice == text || (key.choices_ignore_case && equal_ignoring_case(choice, text));
  });
}

Result<std::string> parse_string(const ConfigKey& key, std::string_view text) {
  if (key.non_empty && text.empty()) return refuse(key, text, "String must be non-empty");
  if (!key.choices.empty() && !is_choice(key, text)) {
    return refuse(key, text,
                  fmt::format("String must be one of{}: {}",
                              key.choices_ignore_case ? " (case insensitive)" : "",
                              fmt::join(split_config_list(key.choices), ", ")));
  }
  return std::string(text);
}

Result<std::string> parse_list(const ConfigKey& key, std::string_view text) {
  const auto elements = split_config_list(text);
  if (key.non_empty && elements.empty()) return refuse_list(key, "must not be empty.");
  std::vector<std::string> kept;
  for (const auto& element : elements) {
    if (std::ranges::find(kept, element) == kept.end()) {
      kept.push_back(element);
    } else if (!key.merges_duplicates) {
      return refuse_list(key, "values must not be duplicated.");
    }
  }
  for (const auto& element : elements) {
    if (element.empty()) return refuse_list(key, "values must not be empty.");
    TRY(parse_string(key, element));
  }
  return fmt::format("{}", fmt::join(kept, ","));
}

}  // namespace

Result<std::string> parse_config_value(const ConfigKey& key, std::string_view text) {
  const auto trimmed = trim(text);
  switch (key.type) {
    case ConfigType::boolean:
      if (equal_ignoring_case(trimmed, "true")) return std::string("true");
      if (equal_ignoring_case(trimmed, "false")) return std::string("false");
      return refuse(key, trimmed, "Expected value to be either true or false");
    case ConfigType::int16:
    case ConfigType::int32:
    case ConfigType::int64:
      return parse_integer(key, trimmed);
    case ConfigType::real:
      return parse_real(key, trimmed);
    case ConfigType::list:
      return parse_list(key, trimmed);
    case ConfigType::password:
      return std::string(text);  // blanks may be part of a secret
    case ConfigType::string:
    case ConfigType::class_name:
    case ConfigType::unknown:
      return parse_string(key, trimmed);
  }
  return parse_string(key, trimmed);
}

std::vector<std::string> split_config_list(std::string_view text) {
  std::vector<std::string> elements;
  text = trim(text);
  while (!text.empty()) {
    const auto comma = text.find(',');
    elements.emplace_back(trim(text.substr(0, comma)));
    if (comma == text.npos) break;
    text.remove_prefix(comma + 1);
    if (text.empty()) elements.emplace_back();
  }
  return elements;
}

}  // namespace moldau
