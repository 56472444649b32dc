#include "apps/cli/output.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "protocol/json.h"

namespace moldau::apps {

std::string Table::to_string() const {
  std::vector<std::size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += fmt::format("{:<{}}  ", row[i], widths[i]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string json_text(std::string_view text) {
  std::string json;
  protocol::append_json_string(json, text);
  return json;
}

std::string json_bytes(Bytes bytes) {
  if (is_utf8(bytes)) return json_text(as_text(bytes));
  std::string json = "{\"base64\":";
  protocol::append_json_base64(json, bytes);
  return json + "}";
}

bool is_utf8(Bytes bytes) {
  for (std::size_t i = 0; i < bytes.size();) {
    const std::uint8_t lead = bytes[i];
    const std::size_t length = lead < 0x80             ? 1
                               : (lead & 0xe0) == 0xc0 ? 2
                               : (lead & 0xf0) == 0xe0 ? 3
                               : (lead & 0xf8) == 0xf0 ? 4
                                                       : 0;
    if (length == 0 || length > bytes.size() - i) return false;
    std::uint32_t code_point = length == 1 ? lead : lead & (0x7fu >> length);
    for (std::size_t j = 1; j < length; ++j) {
      if ((bytes[i + j] & 0xc0) != 0x80) return false;
      code_point = code_point << 6 | (bytes[i + j] & 0x3fu);
    }
    constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = code_point >= 0xd800 && code_point < 0xe000;
    if (code_point < least[length] || code_point > 0x10ffff || surrogate) return false;
    i += length;
  }
  return true;
}

int report(const Error& error) {
  // A context written for people stands alone; the code helps only where there is none.
  fmt::print(stderr, "moldau: {}\n",
             error.os_error == 0 && !error.context.empty() ? error.context : error.to_string());
  return exit_failed;
}

}  // namespace moldau::apps
