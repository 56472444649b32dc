#include "apps/cli/message_lookup.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>
#include <optional>
#include <utility>

#include "protocol/registry.h"

namespace moldau::apps {
namespace {

using protocol::MessageType;
using protocol::Schema;

constexpr std::size_t near_names_max = 5;
/// Longer words are no name, and comparing takes the product of the lengths.
constexpr std::size_t name_size_max = 64;

/// "fetch-Request" -> "fetchrequest".
std::string plain(std::string_view name) {
  std::string result;
  for (const char c : name) {
    if (c == '-' || c == '_' || c == ' ' || c == '.') continue;
    result += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return result;
}

bool is_api(const Schema& schema) {
  return schema.info.type == MessageType::request || schema.info.type == MessageType::response;
}

/// Without "Request", "Response", "Key", "Value" or "Record" at its end.
std::string_view stem(std::string_view name) {
  for (const std::string_view suffix : {"Request", "Response", "Key", "Value", "Record"}) {
    if (name.ends_with(suffix) && name.size() > suffix.size()) {
      return name.substr(0, name.size() - suffix.size());
    }
  }
  return name;
}

std::vector<const Schema*> matching(const auto& matches) {
  std::vector<const Schema*> result;
  for (const Schema* schema : protocol::all_schemas()) {
    if (matches(*schema)) result.push_back(schema);
  }
  return result;
}

std::optional<std::int16_t> number_of(std::string_view name) {
  std::int16_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

/// Levenshtein's distance.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::vector<const Schema*> find_messages(std::string_view name) {
  if (const auto number = number_of(name)) {
    return matching(
        [&](const Schema& schema) { return is_api(schema) && schema.info.api_key == *number; });
  }
  const auto wanted = plain(name);
  const auto exact =
      matching([&](const Schema& schema) { return plain(schema.info.name) == wanted; });
  if (!exact.empty()) return exact;
  const auto apis = matching([&](const Schema& schema) {
    return is_api(schema) && plain(stem(schema.info.name)) == wanted;
  });
  if (!apis.empty()) return apis;
  return matching([&](const Schema& schema) { return plain(stem(schema.info.name)) == wanted; });
}

std::vector<std::string> near_names(std::string_view name) {
  const auto wanted = plain(name.substr(0, name_size_max));
  std::vector<std::pair<std::size_t, std::string>> found;
  for (const Schema* schema : protocol::all_schemas()) {
    const std::string_view candidate =
        is_api(*schema) ? stem(schema->info.name) : std::string_view(schema->info.name);
    const auto text = plain(candidate);
    std::size_t far = std::min(distance(wanted, text), distance(wanted, plain(schema->info.name)));
    if (wanted.size() >= 3 && text.contains(wanted)) far = std::min<std::size_t>(far, 2);
    const std::size_t far_max = std::max<std::size_t>(2, wanted.size() / 3);
    if (far <= far_max) found.emplace_back(far, candidate);
  }
  std::ranges::sort(found);
  std::vector<std::string> names;
  for (auto& [far, candidate] : found) {
    if (names.size() < near_names_max && std::ranges::find(names, candidate) == names.end()) {
      names.push_back(std::move(candidate));
    }
  }
  return names;
}

}  // namespace moldau::apps
