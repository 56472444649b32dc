#include "apps/cli/output.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "protocol/json.h"

namespace moldau::apps {

namespace {

bool is_number(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// How many columns a terminal gives it: code points, as long as none is wide.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (c & 0xc0) != 0x80; }));
}

struct Column {
  std::size_t width{0};
  bool has_number{false};
  bool has_text{false};  ///< "-" is neither
};

}  // namespace

std::string Table::to_string() const {
  std::vector<Column> columns(rows_[0].size());
  for (const auto& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      columns[i].width = std::max(columns[i].width, width_of(row[i]));
      if (&row == &rows_[0] || row[i] == "-") continue;
      (is_number(row[i]) ? columns[i].has_number : columns[i].has_text) = true;
    }
  }
  std::string text;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string blanks(columns[i].width - width_of(row[i]), ' ');
      line += columns[i].has_number && !columns[i].has_text ? blanks + row[i] : row[i] + blanks;
      line += "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

JsonObject& JsonObject::raw(std::string_view name, std::string_view json) {
  if (!fields_.empty()) fields_ += ',';
  fields_ += json_text(name);
  fields_ += ':';
  fields_ += json;
  return *this;
}

JsonObject& JsonObject::text(std::string_view name, std::string_view value) {
  return raw(name, json_text(value));
}

JsonObject& JsonObject::number(std::string_view name, std::int64_t value) {
  return raw(name, fmt::to_string(value));
}

JsonObject& JsonObject::number(std::string_view name, std::optional<std::int64_t> value) {
  return raw(name, value ? fmt::to_string(*value) : "null");
}

JsonObject& JsonObject::boolean(std::string_view name, bool value) {
  return raw(name, value ? "true" : "false");
}

std::string json_array(const std::vector<std::string>& elements) {
  return fmt::format("[{}]", fmt::join(elements, ",\n "));
}

std::string json_array(const std::vector<std::int32_t>& numbers) {
  return fmt::format("[{}]", fmt::join(numbers, ","));
}

std::string join_texts(const std::vector<std::string>& texts, Format format) {
  return format == Format::json ? json_array(texts) + "\n"
                                : fmt::format("{}", fmt::join(texts, "\n"));
}

std::string json_text(std::string_view text) {
  std::string json;
  protocol::append_json_string(json, text);
  return json;
}

std::string printable(std::string_view text) {
  auto json = json_text(text);
  const bool is_plain = std::string_view(json).substr(1, json.size() - 2) == text;
  return is_plain ? std::string(text) : json;
}

std::string json_bytes(Bytes bytes) {
  std::string json;
  protocol::append_json_bytes(json, bytes);
  return json;
}

std::string bytes_text(std::int64_t bytes) {
  constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < units.size()) value /= 1024, ++unit;
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, units[unit]);
}

int report(const Error& error) {
  // A context written for people stands alone; the code helps only where there is none.
  fmt::print(stderr, "moldau: {}\n",
             error.os_error == 0 && !error.context.empty() ? error.context : error.to_string());
  return exit_failed;
}

int exit_code(const Result<>& done) {
  return done ? exit_ok : report(done.error());
}

}  // namespace moldau::apps
