#include "apps/cli/hex_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace moldau::apps {
namespace {

constexpr int no_digit = -1;

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : no_digit;
}

bool is_separator(char c) {
  return std::string_view(" \t\r\n,:;").contains(c);
}

std::unexpected<Error> no_hex(std::string_view text, std::size_t at) {
  const auto line = std::ranges::count(text.substr(0, at), '\n') + 1;
  return fail(Errc::invalid, fmt::format("line {}: {:?} is no byte in hexadecimal digits", line,
                                         text.substr(at, 2)));
}

}  // namespace

Result<std::vector<std::uint8_t>> parse_hex(std::string_view text) {
  std::vector<std::uint8_t> bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size();) {
    if (is_separator(text[i])) {
      ++i;
      continue;
    }
    const char second = i + 1 < text.size() ? text[i + 1] : '\0';
    if (text[i] == '0' && (second == 'x' || second == 'X')) {
      i += 2;
      continue;
    }
    if (digit(text[i]) == no_digit || digit(second) == no_digit) return no_hex(text, i);
    bytes.push_back(static_cast<std::uint8_t>(digit(text[i]) << 4 | digit(second)));
    i += 2;
  }
  return bytes;
}

bool looks_like_hex(Bytes start) {
  return !start.empty() && std::ranges::all_of(as_text(start), [](char c) {
    return digit(c) != no_digit || is_separator(c) || c == 'x' || c == 'X';
  });
}

std::string to_hex(Bytes bytes) {
  return fmt::format("{:02x}", fmt::join(bytes, ""));
}

}  // namespace moldau::apps
