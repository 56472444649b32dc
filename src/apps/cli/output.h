#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace moldau::apps {

class Command;
/// Exit codes of every command.
inline constexpr int exit_ok = 0;
inline constexpr int exit_failed = 1;  ///< the server, the network or the data says no
inline constexpr int exit_usage = 2;   ///< a wrong command line

enum class Format : std::uint8_t { table, json };

void add_format_option(Command app, Format& format);

/// Rows in aligned columns. A column of numbers ("-" is one that is not known) is aligned to the
/// right.
class Table {
 public:
  explicit Table(std::vector<std::string> header) { rows_.push_back(std::move(header)); }
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  bool empty() const { return rows_.size() == 1; }
  std::string to_string() const;

 private:
  std::vector<std::vector<std::string>> rows_;  // the header first
};

/// A JSON object, built field by field.
class JsonObject {
 public:
  JsonObject& text(std::string_view name, std::string_view value);
  JsonObject& number(std::string_view name, std::int64_t value);
  /// Null if there is none.
  JsonObject& number(std::string_view name, std::optional<std::int64_t> value);
  JsonObject& boolean(std::string_view name, bool value);
  /// `json` as it is.
  JsonObject& raw(std::string_view name, std::string_view json);
  std::string to_string() const { return "{" + fields_ + "}"; }

 private:
  std::string fields_;
};

/// An element a line, so that diff and grep work on it.
std::string json_array(const std::vector<std::string>& elements);
std::string json_array(const std::vector<std::int32_t>& numbers);

/// Whole answers, each a text or JSON: with a line between them, or as an array.
std::string join_texts(const std::vector<std::string>& texts, Format format);

/// `text` as a JSON string.
std::string json_text(std::string_view text);
/// `text` as it is, or as a JSON string if it could not be printed as it is: control characters
/// command a terminal, a line end forges a line.
std::string printable(std::string_view text);
/// A JSON string if the bytes are UTF-8, else {"base64": "..."}.
std::string json_bytes(Bytes bytes);
/// "512 B", "1.5 KiB", "3.2 GiB".
std::string bytes_text(std::int64_t bytes);

/// Says on standard error what went wrong and, where the code knows, what to do; returns
/// exit_failed.
int report(const Error& error);
/// The exit code, having reported the error if there is one.
int exit_code(const Result<>& done);

}  // namespace moldau::apps
