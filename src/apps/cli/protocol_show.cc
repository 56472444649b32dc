#include <fmt/format.h>

#include <memory>

#include "apps/cli/message_lookup.h"
#include "apps/cli/protocol_commands.h"
#include "apps/cli/verb.h"
#include "protocol/header.h"
#include "protocol/layout.h"

namespace moldau::apps {
namespace {

using protocol::LayoutRow;
using protocol::MessageType;
using protocol::Schema;

struct Options {
  std::string name;
  std::optional<std::int64_t> version;
  Format format{Format::table};
};

/// What is to be printed: the words were checked when they were read.
struct Shown {
  const Schema* schema;
  std::int16_t version;
};

std::optional<std::int16_t> header_version(const Shown& shown) {
  const auto& info = shown.schema->info;
  if (info.type == MessageType::request) {
    return protocol::request_header_version(info, shown.version);
  }
  if (info.type != MessageType::response) return std::nullopt;
  return protocol::response_header_version(info, shown.version);
}

std::string range(const protocol::Versions& versions) {
  return versions.lowest == versions.highest
             ? fmt::format("only version {}", versions.lowest)
             : fmt::format("versions {} to {}", versions.lowest, versions.highest);
}

/// Throws UsageError for a name or version that there is not.
std::vector<Shown> resolve(const Options& options) {
  const auto schemas = find_messages(options.name);
  if (schemas.empty()) {
    const auto near = near_names(options.name);
    throw UsageError(fmt::format("{}: no such message. {}", options.name,
                                 near.empty()
                                     ? "All: moldau protocol list, moldau protocol list --records"
                                     : fmt::format("Perhaps {}", fmt::join(near, ", "))));
  }
  std::vector<Shown> result;
  for (const auto* schema : schemas) {
    const auto& info = schema->info;
    const std::int64_t version = options.version.value_or(info.latest_stable());
    if (version < info.versions.lowest || version > info.versions.highest) {
      throw UsageError(fmt::format("{} has {}, not {}", info.name, range(info.versions), version));
    }
    result.push_back({schema, static_cast<std::int16_t>(version)});
  }
  return result;
}

std::string title(const Shown& shown) {
  const auto& info = shown.schema->info;
  auto line = fmt::format("{} version {}", info.name, shown.version);
  if (info.api_key != protocol::no_api_key) {
    line += fmt::format(", {} {}", header_version(shown) ? "API key" : "number", info.api_key);
  }
  line += fmt::format("; it has {}", range(info.versions));
  if (info.latest_unstable) line += fmt::format(", {} unstable", info.versions.highest);
  return line;
}

void add_rows(Table& table, const std::vector<LayoutRow>& rows) {
  for (const auto& row : rows) {
    table.add({std::string(2 * row.depth, ' ') + (row.name.empty() ? "-" : row.name), row.type,
               row.is_nullable ? "nullable" : "", row.default_value,
               row.tag ? fmt::to_string(*row.tag) : ""});
  }
}

Table new_table() {
  return Table({"FIELD", "TYPE", "NULL", "DEFAULT", "TAG"});
}

std::vector<LayoutRow> header_rows(const Shown& shown) {
  const auto version = header_version(shown);
  if (!version) return {};
  const bool is_request = shown.schema->info.type == MessageType::request;
  return protocol::layout(
      is_request ? protocol::RequestHeader::schema : protocol::ResponseHeader::schema, *version);
}

void print_table(const Shown& shown) {
  fmt::print("{}\n", title(shown));
  if (const auto version = header_version(shown)) {
    auto header = new_table();
    add_rows(header, header_rows(shown));
    fmt::print("\nheader version {}\n{}", *version, header.to_string());
  }
  auto body = new_table();
  add_rows(body, protocol::layout(*shown.schema, shown.version));
  fmt::print("\n{}{}", header_version(shown) ? "body\n" : "",
             body.empty() ? "no fields\n" : body.to_string());
}

/// The rows from `next` on that are at least as deep as `depth`, as an array of objects.
std::string fields_json(const std::vector<LayoutRow>& rows, std::size_t& next, std::size_t depth) {
  std::string array;
  while (next < rows.size() && rows[next].depth == depth) {
    const auto& row = rows[next++];
    JsonObject field;
    if (!row.name.empty()) field.text("name", row.name);
    field.text("type", row.type);
    if (row.tag) field.number("tag", *row.tag);
    if (!row.name.empty()) {
      field.boolean("nullable", row.is_nullable).text("default", row.default_value);
    }
    if (next < rows.size() && rows[next].depth > depth) {
      field.raw("fields", fields_json(rows, next, depth + 1));
    }
    if (!array.empty()) array += ',';
    array += field.to_string();
  }
  return "[" + array + "]";
}

std::string to_json(const Shown& shown) {
  const auto& info = shown.schema->info;
  const bool has_key = info.api_key != protocol::no_api_key;
  JsonObject json;
  json.text("name", info.name).text("type", protocol::type_name(info.type));
  json.number("apiKey", has_key ? std::optional<std::int64_t>(info.api_key) : std::nullopt);
  json.number("version", shown.version);
  json.number("lowest", info.versions.lowest).number("highest", info.versions.highest);
  json.boolean("flexible", info.is_flexible(shown.version));
  std::size_t next = 0;
  if (const auto version = header_version(shown)) {
    json.number("headerVersion", *version);
    json.raw("header", fields_json(header_rows(shown), next, 0));
  }
  next = 0;
  return json.raw("fields", fields_json(protocol::layout(*shown.schema, shown.version), next, 0))
      .to_string();
}

void show(const std::vector<Shown>& messages, Format format) {
  if (format == Format::json) {
    std::vector<std::string> objects;
    objects.reserve(messages.size());
    for (const auto& shown : messages) objects.push_back(to_json(shown));
    fmt::print("{}\n", json_array(objects));
    return;
  }
  for (const auto& shown : messages) {
    if (&shown != &messages.front()) fmt::print("\n");
    print_table(shown);
  }
}

}  // namespace

void add_protocol_show(Command group, Chosen& chosen) {
  const auto options = std::make_shared<Options>();
  const auto app = group.add_subcommand("show", "the fields of a message in one version");
  app.footer(
      "Fields stand in the order of the wire, those of a structure below it. \"compact\" lengths "
      "are\n"
      "unsigned varints of the length and one; others are int32 (of strings: int16).\n\n"
      "Examples:\n"
      "  moldau protocol show fetch --version 17\n"
      "  moldau protocol show OffsetCommitValue --format json\n"
      "  moldau protocol show 18");
  app.add_option("name", options->name,
                 "an API (both of its messages), its key, or one message, in any spelling")
      .required()
      .type_name("NAME");
  app.add_option("--version", options->version, "default: the newest that is stable")
      .type_name("N");
  add_format_option(app, options->format);
  app.callback([&chosen, options] {
    chosen.run = [messages = resolve(*options), options](World&) {
      show(messages, options->format);
      return exit_ok;
    };
  });
}

}  // namespace moldau::apps
