#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace CLI {
class App;
}

namespace moldau::apps {

/// Exit codes of every command; 2 is also what a wrong command line gives.
inline constexpr int exit_ok = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_usage = 2;

enum class Format : std::uint8_t { table, json };

void add_format_option(CLI::App& app, Format& format);

/// Rows in aligned columns; numbers are the caller's texts.
class Table {
 public:
  explicit Table(std::vector<std::string> header) { rows_.push_back(std::move(header)); }
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  std::string to_string() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

/// `text` as a JSON string.
std::string json_text(std::string_view text);
/// A JSON string if the bytes are UTF-8, else {"base64": "..."}.
std::string json_bytes(Bytes bytes);
bool is_utf8(Bytes bytes);

/// Says on standard error what went wrong and, where the code knows, what to do; returns
/// exit_failed.
int report(const Error& error);

}  // namespace moldau::apps
