#include "metadata/topic_name.h"

#include <fmt/format.h>

#include <algorithm>

namespace moldau::metadata {
namespace {

bool is_legal(char c) {
  return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || ('0' <= c && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

}  // namespace

std::optional<std::string> reject_topic_name(std::string_view name) {
  constexpr std::string_view start = "Topic name is invalid: ";
  if (name.empty()) return fmt::format("{}the empty string is not allowed", start);
  if (name == "." || name == "..") return fmt::format("{}'{}' is not allowed", start, name);
  if (name.size() > topic_name_size_max) {
    return fmt::format("{}the length of '{}' is longer than the max allowed length {}", start, name,
                       topic_name_size_max);
  }
  if (!std::ranges::all_of(name, is_legal)) {
    return fmt::format(
        "{}'{}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'",
        start, name);
  }
  return std::nullopt;
}

std::optional<std::string> collision_key(std::string_view name) {
  if (name.find_first_of("._") == std::string_view::npos) return std::nullopt;
  std::string key(name);
  std::ranges::replace(key, '.', '_');
  return key;
}

}  // namespace moldau::metadata
