#include "apps/cli/json_record.h"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

namespace moldau::apps {
namespace {

namespace json = boost::json;

/// A string, null or {"base64": "..."}.
Result<std::optional<std::string>> bytes_of(const json::value& value, std::string_view what) {
  if (value.is_null()) return std::nullopt;
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_object()) {
    const auto* base64 = value.get_object().if_contains("base64");
    if (base64 != nullptr && base64->is_string()) {
      return TRY(decode_base64(std::string_view(base64->get_string())));
    }
  }
  return fail(
      Errc::invalid,
      fmt::format("{}: write a string, null or {{\"base64\":\"...\"}}; JSON in a record is a "
                  "string, too",
                  what));
}

Result<> add_headers(NewRecord& record, const json::value& value) {
  if (!value.is_array()) return fail(Errc::invalid, "headers: write an array");
  for (const auto& header : value.get_array()) {
    const auto* object = header.if_object();
    const auto* name = object == nullptr ? nullptr : object->if_contains("name");
    if (name == nullptr || !name->is_string()) {
      return fail(Errc::invalid, "headers: write {\"name\":\"...\",\"value\":...}");
    }
    const auto* bytes = object->if_contains("value");
    record.headers.emplace_back(
        std::string(name->get_string()),
        bytes == nullptr ? std::nullopt : TRY(bytes_of(*bytes, "value of a header")));
  }
  return {};
}

constexpr int bits_of(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

}  // namespace

Result<std::string> decode_base64(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int six = bits_of(c);
    if (six < 0) return fail(Errc::invalid, fmt::format("{}: not base64", text));
    bits = bits << 6 | static_cast<std::uint32_t>(six);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xff);
  }
  if (count == 6) return fail(Errc::invalid, fmt::format("{}: base64 that ends early", text));
  return bytes;
}

Result<NewRecord> parse_record_json(std::string_view line) {
  boost::system::error_code error;
  const auto parsed = json::parse({line.data(), line.size()}, error);
  if (error || !parsed.is_object()) {
    return fail(Errc::invalid, fmt::format("{}: no JSON object", line.substr(0, 60)));
  }
  NewRecord record;
  for (const auto& field : parsed.get_object()) {
    const std::string_view name(field.key());
    const auto& value = field.value();
    if (name == "key") {
      record.key = TRY(bytes_of(value, name));
    } else if (name == "value") {
      record.value = TRY(bytes_of(value, name));
    } else if (name == "headers") {
      TRY(add_headers(record, value));
    } else if (name == "timestamp") {
      if (!value.is_int64()) return fail(Errc::invalid, "timestamp: write milliseconds");
      record.timestamp = std::max<std::int64_t>(0, value.get_int64());
    }
  }
  return record;
}

}  // namespace moldau::apps
