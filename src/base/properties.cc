#include "base/properties.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace moldau {
namespace {

constexpr std::string_view blanks = " \t\f";

std::string_view without_leading_blanks(std::string_view text) {
  const auto first = text.find_first_not_of(blanks);
  return first == text.npos ? std::string_view() : text.substr(first);
}

void put_utf8(std::string& out, std::uint32_t code_point) {
  const auto tail = [&](unsigned shift) {
    out += static_cast<char>(0x80 | (code_point >> shift & 0x3f));
  };
  if (code_point < 0x80) {
    out += static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    out += static_cast<char>(0xc0 | code_point >> 6);
    tail(0);
  } else if (code_point < 0x10000) {
    out += static_cast<char>(0xe0 | code_point >> 12);
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xf0 | code_point >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

/// Takes four hex digits (one UTF-16 unit) off the front.
std::optional<std::uint32_t> take_unit(std::string_view& text) {
  std::uint32_t unit = 0;
  if (text.size() < 4) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + 4, unit, 16);
  if (error != std::errc() || end != text.data() + 4) return std::nullopt;
  text.remove_prefix(4);
  return unit;
}

/// The rest of a \u escape; a pair of surrogates is one character.
bool unescape_unicode(std::string_view& text, std::string& out) {
  auto unit = take_unit(text);
  if (!unit) return false;
  if (*unit >= 0xd800 && *unit < 0xdc00 && text.starts_with("\\u")) {
    auto rest = text.substr(2);
    const auto low = take_unit(rest);
    if (low && *low >= 0xdc00 && *low < 0xe000) {
      text = rest;
      unit = 0x10000 + ((*unit - 0xd800) << 10) + (*low - 0xdc00);
    }
  }
  if (*unit >= 0xd800 && *unit < 0xe000) return false;  // half a pair is no character
  put_utf8(out, *unit);
  return true;
}

/// Takes one, possibly escaped, character off the front; false for a broken escape.
bool take_character(std::string_view& text, std::string& out) {
  const char c = text.front();
  text.remove_prefix(1);
  if (c != '\\') {
    out += c;
    return true;
  }
  if (text.empty()) return true;
  const char escaped = text.front();
  text.remove_prefix(1);
  switch (escaped) {
    case 'u':
      return unescape_unicode(text, out);
    case 't':
      out += '\t';
      return true;
    case 'n':
      out += '\n';
      return true;
    case 'r':
      out += '\r';
      return true;
    case 'f':
      out += '\f';
      return true;
    default:
      out += escaped;
      return true;
  }
}

/// The next natural line, without its end; counts it.
std::string_view take_line(std::string_view& text, int& number) {
  const auto end = text.find_first_of("\r\n");
  const auto line = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size()
                                      : end + (text.substr(end, 2) == "\r\n" ? 2 : 1));
  ++number;
  return line;
}

bool is_continued(std::string_view line) {
  const auto last = line.find_last_not_of('\\');
  const auto backslashes = line.size() - (last == line.npos ? 0 : last + 1);
  return backslashes % 2 == 1;
}

/// One logical line into a key and its value; false for a broken escape.
bool split_line(std::string_view line, Properties& properties) {
  std::string key;
  while (!line.empty() && (blanks.find(line.front()) == blanks.npos) && line.front() != '=' &&
         line.front() != ':') {
    if (!take_character(line, key)) return false;
  }
  line = without_leading_blanks(line);
  if (line.starts_with('=') || line.starts_with(':')) line = without_leading_blanks(line.substr(1));
  std::string value;
  while (!line.empty()) {
    if (!take_character(line, value)) return false;
  }
  properties.insert_or_assign(std::move(key), std::move(value));
  return true;
}

}  // namespace

Result<Properties> parse_properties(std::string_view text) {
  Properties properties;
  int number = 0;
  while (!text.empty()) {
    const auto first = without_leading_blanks(take_line(text, number));
    const int first_number = number;
    if (first.empty() || first.starts_with('#') || first.starts_with('!')) continue;
    std::string line(first);
    while (is_continued(line)) {
      line.pop_back();
      line += without_leading_blanks(take_line(text, number));
    }
    if (!split_line(line, properties)) {
      return fail(Errc::invalid, fmt::format("line {}: a broken \\u escape", first_number));
    }
  }
  return properties;
}

Result<> add_property(Properties& properties, std::string_view assignment) {
  const auto trim = [](std::string_view part) {
    part = without_leading_blanks(part);
    const auto last = part.find_last_not_of(blanks);
    return std::string(part.substr(0, last == part.npos ? 0 : last + 1));
  };
  const auto equals = assignment.find('=');
  auto key = trim(assignment.substr(0, equals));
  if (equals == assignment.npos || key.empty()) {
    return fail(Errc::invalid, fmt::format("'{}' is not of the form key=value", assignment));
  }
  properties.insert_or_assign(std::move(key), trim(assignment.substr(equals + 1)));
  return {};
}

}  // namespace moldau
