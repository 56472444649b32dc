#include "storage/meta_properties.h"

#include <algorithm>
#include <charconv>
#include <map>

namespace moldau::storage {

namespace {

/// Java's properties as Kafka writes these: `key=value`, comments with '#' or '!'; backslashes
/// quote the next character.
std::map<std::string, std::string, std::less<>> parse_properties(std::string_view text) {
  std::map<std::string, std::string, std::less<>> properties;
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
    if (line.empty() || line.front() == '#' || line.front() == '!') continue;
    const auto separator = line.find_first_of("=:");
    if (separator == std::string_view::npos) continue;
    std::string value;
    for (auto rest = line.substr(separator + 1); !rest.empty(); rest.remove_prefix(1)) {
      if (rest.front() == '\\' && rest.size() > 1) rest.remove_prefix(1);
      if (value.empty() && rest.front() == ' ') continue;
      value += rest.front();
    }
    auto key = line.substr(0, separator);
    while (!key.empty() && key.back() == ' ') key.remove_suffix(1);
    properties[std::string(key)] = std::move(value);
  }
  return properties;
}

std::optional<std::int32_t> number(std::string_view text) {
  std::int32_t value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::unexpected<Error> bad(std::string_view key) {
  return fail(Errc::corrupt, fmt::format("meta.properties: {} is missing or wrong", key));
}

}  // namespace

Result<MetaProperties> parse_meta_properties(std::string_view text) {
  // A key that is damaged must not look like one that is missing: the id would be drawn anew.
  const auto is_text = [](char c) { return static_cast<unsigned char>(c) < 0x7f; };
  if (!std::ranges::all_of(text, is_text)) return bad("what is no text");
  const auto properties = parse_properties(text);
  const auto find = [&](std::string_view key) -> const std::string* {
    const auto found = properties.find(key);
    return found == properties.end() ? nullptr : &found->second;
  };
  MetaProperties result;
  const auto* version = find("version");
  const auto version_number = version == nullptr ? std::nullopt : number(*version);
  if (!version_number || *version_number < 0 || *version_number > 1) return bad("version");
  result.version = *version_number;

  const std::string_view id_key = result.version == 0 ? "broker.id" : "node.id";
  if (const auto* id = find(id_key)) {
    const auto value = number(*id);
    if (!value || *value < 0) return bad(id_key);
    result.node_id = NodeId(*value);
  } else if (result.version == 1) {
    return bad(id_key);
  }
  if (const auto* cluster_id = find("cluster.id")) {
    result.cluster_id = *cluster_id;
  } else if (result.version == 1) {
    return bad("cluster.id");
  }
  if (const auto* directory_id = find("directory.id")) {
    const auto id = Uuid::parse(*directory_id);
    if (!id || id->is_zero()) return bad("directory.id");
    result.directory_id = *id;
  }
  return result;
}

std::string format_meta_properties(const MetaProperties& properties) {
  std::string text = "#\n";
  const auto line = [&](std::string_view key, const auto& value) {
    fmt::format_to(std::back_inserter(text), "{}={}\n", key, value);
  };
  line("cluster.id", properties.cluster_id);
  if (!properties.directory_id.is_zero()) line("directory.id", properties.directory_id);
  if (properties.node_id != no_node) {
    line(properties.version == 0 ? "broker.id" : "node.id", properties.node_id);
  }
  line("version", properties.version);
  return text;
}

}  // namespace moldau::storage
