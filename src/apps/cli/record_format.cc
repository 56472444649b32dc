#include "apps/cli/record_format.h"

#include <fmt/format.h>

#include <charconv>

#include "apps/cli/output.h"
#include "apps/cli/position.h"
#include "protocol/utf8.h"

namespace moldau::apps {
namespace {

constexpr std::string_view fields = "tpoTdkvhKV";

std::string json_or_null(const std::optional<Bytes>& bytes) {
  return bytes ? json_bytes(*bytes) : "null";
}

std::string_view text_of(const std::optional<Bytes>& bytes) {
  return bytes ? as_text(*bytes) : std::string_view();
}

std::int64_t size_of(const std::optional<Bytes>& bytes) {
  return bytes ? static_cast<std::int64_t>(bytes->size()) : -1;
}

/// "a=1,b=2".
std::string headers_text(const RecordView& record) {
  std::string text;
  for (const auto& header : record.headers) {
    if (!text.empty()) text += ',';
    text += header.name;
    text += '=';
    text += text_of(header.value);
  }
  return text;
}

std::string field_text(const RecordView& record, char field) {
  switch (field) {
    case 't':
      return std::string(record.topic);
    case 'p':
      return fmt::to_string(record.partition);
    case 'o':
      return fmt::to_string(record.offset);
    case 'T':
      return timestamp_text(record.timestamp);
    case 'd':
      return fmt::to_string(record.timestamp);
    case 'k':
      return std::string(text_of(record.key));
    case 'v':
      return std::string(text_of(record.value));
    case 'h':
      return headers_text(record);
    case 'K':
      return fmt::to_string(size_of(record.key));
    case 'V':
      return fmt::to_string(size_of(record.value));
    default:
      return {};
  }
}

/// The character behind a backslash at the front of `text`, and how many were read.
struct Escape {
  char value;
  std::size_t length;
};
std::optional<Escape> escape(std::string_view text) {
  constexpr std::string_view names = "ntr0\\";
  constexpr std::string_view values("\n\t\r\0\\", 5);
  if (text.empty()) return std::nullopt;
  if (const auto at = names.find(text[0]); at != names.npos) return Escape{values[at], 1};
  if (text[0] != 'x' || text.size() < 3) return std::nullopt;
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + 3, value, 16);
  if (error != std::errc() || end != text.data() + 3) return std::nullopt;
  return Escape{static_cast<char>(value), 3};
}

std::unexpected<Error> unknown_part(std::string_view part) {
  return fail(Errc::invalid,
              fmt::format("{}: not known in a template. There are\n{}", part, template_fields));
}

}  // namespace

std::string record_json(const RecordView& record) {
  std::vector<std::string> headers;
  for (const auto& header : record.headers) {
    headers.push_back(JsonObject()
                          .text("name", header.name)
                          .raw("value", json_or_null(header.value))
                          .to_string());
  }
  return JsonObject()
      .text("topic", record.topic)
      .number("partition", record.partition)
      .number("offset", record.offset)
      .number("timestamp", record.timestamp)
      .raw("key", json_or_null(record.key))
      .raw("value", json_or_null(record.value))
      .raw("headers", fmt::format("[{}]", fmt::join(headers, ",")))
      .to_string();
}

std::string record_row_header() {
  return fmt::format("{:<16} {:>9} {:>10} {:<24} {:<16} {:<12} {}", "TOPIC", "PARTITION", "OFFSET",
                     "TIME", "KEY", "HEADERS", "VALUE");
}

std::string record_row(const RecordView& record) {
  const auto field = [](const std::optional<Bytes>& bytes) {
    return bytes ? printable(*bytes) : std::string("-");
  };
  const auto headers = headers_text(record);
  return fmt::format("{:<16} {:>9} {:>10} {:<24} {:<16} {:<12} {}", record.topic, record.partition,
                     record.offset, timestamp_text(record.timestamp), field(record.key),
                     headers.empty() ? "-" : printable(as_bytes(headers)), field(record.value));
}

Result<RecordTemplate> RecordTemplate::parse(std::string_view text) {
  RecordTemplate result;
  std::string literal;
  const auto end_literal = [&] {
    if (!literal.empty()) result.parts_.push_back({.field = 0, .literal = std::move(literal)});
    literal.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      const auto escaped = escape(text.substr(i + 1));
      if (!escaped) return unknown_part(text.substr(i, 2));
      literal += escaped->value;
      i += escaped->length;
    } else if (text[i] != '%') {
      literal += text[i];
    } else if (text.substr(i + 1).starts_with('%')) {
      literal += '%';
      ++i;
    } else {
      if (i + 1 == text.size() || fields.find(text[i + 1]) == fields.npos) {
        return unknown_part(text.substr(i, 2));
      }
      end_literal();
      result.parts_.push_back({.field = text[++i], .literal = {}});
    }
  }
  end_literal();
  return result;
}

void RecordTemplate::append(std::string& out, const RecordView& record) const {
  for (const auto& part : parts_) {
    out += part.field == 0 ? part.literal : field_text(record, part.field);
  }
}

std::string printable(Bytes bytes) {
  const bool is_text = protocol::is_utf8(bytes);
  std::string out;
  for (const std::uint8_t byte : bytes) {
    if (byte == '\n') {
      out += "\\n";
    } else if (byte == '\t') {
      out += "\\t";
    } else if (byte == '\\') {
      out += "\\\\";
    } else if (byte < ' ' || byte == 0x7f || (byte >= 0x80 && !is_text)) {
      out += fmt::format("\\x{:02x}", byte);
    } else {
      out += static_cast<char>(byte);
    }
  }
  return out;
}

}  // namespace moldau::apps
