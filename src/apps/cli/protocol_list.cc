#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "apps/cli/protocol_commands.h"
#include "apps/cli/verb.h"
#include "protocol/layout.h"
#include "protocol/registry.h"
#include "protocol/schema.h"

namespace moldau::apps {
namespace {

using protocol::MessageInfo;
using protocol::MessageType;

struct Options {
  bool records{false};
  Format format{Format::table};
};

std::string range(const protocol::Versions& versions) {
  return versions.lowest == versions.highest
             ? fmt::to_string(versions.lowest)
             : fmt::format("{}-{}", versions.lowest, versions.highest);
}

std::optional<std::int64_t> flexible_since(const MessageInfo& info) {
  if (info.flexible_since > info.versions.highest) return std::nullopt;
  return info.flexible_since;
}

std::string text(const std::optional<std::int64_t>& number) {
  return number ? fmt::to_string(*number) : "-";
}

std::string_view api_name(const MessageInfo& info) {
  return protocol::name(static_cast<protocol::ApiKey>(info.api_key));
}

/// One line per API: both messages have the same versions.
std::vector<const MessageInfo*> chosen_messages(const Options& options) {
  std::vector<const MessageInfo*> result;
  for (const auto* schema : protocol::all_schemas()) {
    const auto type = schema->info.type;
    const bool is_api = type == MessageType::request || type == MessageType::response;
    if (options.records ? !is_api : type == MessageType::request) result.push_back(&schema->info);
  }
  if (!options.records) std::ranges::sort(result, {}, &MessageInfo::api_key);
  return result;
}

std::string to_json(const Options& options, const MessageInfo& info) {
  JsonObject json;
  const bool has_key = info.api_key != protocol::no_api_key;
  json.number(options.records ? "number" : "apiKey",
              has_key ? std::optional<std::int64_t>(info.api_key) : std::nullopt);
  json.text("name", options.records ? info.name : api_name(info));
  if (options.records) json.text("type", protocol::type_name(info.type));
  json.number("lowest", info.versions.lowest).number("highest", info.versions.highest);
  json.number("flexibleSince", flexible_since(info));
  return json.boolean("latestVersionUnstable", info.latest_unstable).to_string();
}

std::vector<std::string> to_row(const Options& options, const MessageInfo& info) {
  std::vector<std::string> row{
      info.api_key == protocol::no_api_key ? "-" : fmt::to_string(info.api_key),
      std::string(options.records ? info.name : api_name(info))};
  if (options.records) row.emplace_back(protocol::type_name(info.type));
  row.push_back(range(info.versions));
  row.push_back(text(flexible_since(info)));
  return row;
}

Result<> list(World&, const Options& options) {
  Table table(options.records
                  ? std::vector<std::string>{"NUMBER", "NAME", "TYPE", "VERSIONS", "FLEXIBLE"}
                  : std::vector<std::string>{"KEY", "API", "VERSIONS", "FLEXIBLE"});
  std::vector<std::string> rows;
  for (const auto* info : chosen_messages(options)) {
    table.add(to_row(options, *info));
    rows.push_back(to_json(options, *info));
  }
  fmt::print("{}", options.format == Format::json ? json_array(rows) + "\n" : table.to_string());
  return {};
}

}  // namespace

void add_protocol_list(Command group, Chosen& chosen) {
  const auto options = std::make_shared<Options>();
  const auto app = add_verb(
      group, chosen, options, "list", "every API: its key, name and versions",
      "FLEXIBLE is the first version with tagged fields and compact lengths (KIP-482). What a\n"
      "broker serves is another list: moldau api.\n\n"
      "Examples:\n"
      "  moldau protocol list\n"
      "  moldau protocol list --records --format json",
      list);
  app.add_flag("--records", options->records,
               "instead, what is no request or response: headers, records of internal topics");
  add_format_option(app, options->format);
}

}  // namespace moldau::apps
