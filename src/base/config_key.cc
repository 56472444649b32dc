#include "base/config_key.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
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
  return fail(Errc::invalid, fmt::format("{}: '{}' {}", key.name, text, why));
}

// ASCII, whatever the process's locale.
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::string_view type_name(ConfigType type) {
  switch (type) {
    case ConfigType::int16:
      return "a 16-bit integer";
    case ConfigType::int32:
      return "a 32-bit integer";
    case ConfigType::int64:
      return "a 64-bit integer";
    default:
      return "a number";
  }
}

/// The range in words: "at least 1", "between 0 and 9 (or -1)".
std::string range_name(const ConfigKey& key) {
  const auto or_else = key.outside ? fmt::format(" (or {})", *key.outside) : std::string();
  if (key.max == std::numeric_limits<std::int64_t>::max()) {
    return fmt::format("at least {}{}", key.min, or_else);
  }
  return fmt::format("between {} and {}{}", key.min, key.max, or_else);
}

Result<std::string> parse_integer(const ConfigKey& key, std::string_view text) {
  std::int64_t value = 0;
  const auto digits = text.starts_with('+') ? text.substr(1) : text;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool all = end == digits.data() + digits.size() && !digits.empty();
  if (error == std::errc::invalid_argument || !all) {
    return refuse(key, text, fmt::format("is not {}", type_name(key.type)));
  }
  const auto fits = [&](auto type) {
    return value >= std::numeric_limits<decltype(type)>::min() &&
           value <= std::numeric_limits<decltype(type)>::max();
  };
  if (error == std::errc::result_out_of_range ||
      (key.type == ConfigType::int32 && !fits(std::int32_t{})) ||
      (key.type == ConfigType::int16 && !fits(std::int16_t{}))) {
    return refuse(key, text, fmt::format("does not fit {}", type_name(key.type)));
  }
  if ((value < key.min || value > key.max) && value != key.outside) {
    return refuse(key, text, fmt::format("is out of range: it must be {}", range_name(key)));
  }
  return fmt::format("{}", value);
}

Result<std::string> parse_real(const ConfigKey& key, std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) {
    return refuse(key, text, "is not a number");
  }
  // Written so that NaN is refused, too.
  if (!(value >= key.real_min && value <= key.real_max)) {
    return refuse(
        key, text,
        fmt::format("is out of range: it must be between {} and {}", key.real_min, key.real_max));
  }
  return std::string(text);
}

bool is_choice(const ConfigKey& key, std::string_view text) {
  return std::ranges::any_of(split_config_list(key.choices), [&](const std::string& choice) {
    return choice == text || (key.choices_ignore_case && equal_ignoring_case(choice, text));
  });
}

Result<std::string> parse_string(const ConfigKey& key, std::string_view text) {
  if (key.non_empty && text.empty()) return refuse(key, text, "may not be empty");
  if (!key.choices.empty() && !is_choice(key, text)) {
    return refuse(key, text, fmt::format("is none of {}", key.choices));
  }
  return std::string(text);
}

Result<std::string> parse_list(const ConfigKey& key, std::string_view text) {
  const auto elements = split_config_list(text);
  if (key.non_empty && elements.empty()) return refuse(key, text, "may not be empty");
  for (const auto& element : elements) {
    if (element.empty()) return refuse(key, text, "has an empty element");
    if (!key.choices.empty() && !is_choice(key, element)) {
      return refuse(key, text, fmt::format("has an element that is none of {}", key.choices));
    }
    if (std::ranges::count(elements, element) > 1) {
      return refuse(key, text, fmt::format("names '{}' twice", element));
    }
  }
  return fmt::format("{}", fmt::join(elements, ","));
}

}  // namespace

Result<std::string> parse_config_value(const ConfigKey& key, std::string_view text) {
  const auto trimmed = trim(text);
  switch (key.type) {
    case ConfigType::boolean:
      if (equal_ignoring_case(trimmed, "true")) return std::string("true");
      if (equal_ignoring_case(trimmed, "false")) return std::string("false");
      return refuse(key, trimmed, "is neither true nor false");
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
