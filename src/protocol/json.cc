#include "protocol/json.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "protocol/codec.h"
#include "protocol/equal.h"
#include "protocol/records_json.h"
#include "protocol/schema.h"
#include "protocol/utf8.h"

namespace moldau::protocol {
namespace {

template <class T>
T load(const void* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

class JsonPrinter {
 public:
  JsonPrinter(std::string& out, std::int16_t version, const JsonOptions& options)
      : out_(out), version_(version), options_(options) {}

  void structure(const Table& table, const void* object) {
    const char* separator = "{";
    for (const Field& field : table) {
      const void* at = table.at(object, field);
      if (!field.spec.versions.contains(version_)) continue;
      if (field.is_tagged() && equal_field(field, at, field.default_value)) continue;
      out_ += separator;
      separator = ",";
      member(table, field, object);
      if (is_full()) return;
    }
    out_ += *separator == '{' ? "{}" : "}";
  }

 private:
  bool is_full() const { return out_.size() >= options_.bytes_max; }
  /// As much of it as can still be printed.
  template <class T>
  T clipped(T all) const {
    const std::size_t room = options_.bytes_max - std::min(options_.bytes_max, out_.size());
    if constexpr (std::same_as<T, Bytes>) {
      return all.first(std::min(all.size(), room));
    } else {
      return all.substr(0, room);
    }
  }

  void member(const Table& table, const Field& field, const void* object) {
    const void* at = table.at(object, field);
    const bool is_null = field.optional != nullptr && (at = field.optional->get(at)) == nullptr;
    std::string name = field.name;
    if (name[0] >= 'A' && name[0] <= 'Z') name[0] = static_cast<char>(name[0] - 'A' + 'a');
    const bool has_size_only = options_.records == JsonOptions::Records::size;
    if (field.kind == Kind::records && !is_null && has_size_only) name += "SizeInBytes";
    append_json_string(out_, name);
    out_ += ':';
    if (is_null) {
      out_ += "null";
    } else if (options_.secrets == Secrets::hidden && is_secret(table, field, object)) {
      append_json_string(out_, hidden_text);
    } else if (field.vector != nullptr) {
      array(field, at);
    } else {
      value(field, at);
    }
  }

  void array(const Field& field, const void* vector) {
    const std::size_t size = field.vector->size(vector);
    const auto* element = static_cast<const char*>(field.vector->data(const_cast<void*>(vector)));
    out_ += '[';
    for (std::size_t i = 0; i < size && !is_full(); ++i, element += field.vector->stride) {
      if (i > 0) out_ += ',';
      value(field, element);
    }
    out_ += ']';
  }

  void value(const Field& field, const void* at) {
    switch (field.kind) {
      case Kind::boolean:
        out_ += load<std::uint8_t>(at) != 0 ? "true" : "false";
        return;
      case Kind::int8:
        return number(load<std::int8_t>(at));
      case Kind::int16:
        return number(load<std::int16_t>(at));
      case Kind::uint16:
        return number(load<std::uint16_t>(at));
      case Kind::int32:
        return number(load<std::int32_t>(at));
      case Kind::uint32:
        return number(load<std::uint32_t>(at));
      case Kind::int64:
        return number(load<std::int64_t>(at));
      case Kind::float64:
        return float64(load<double>(at));
      case Kind::uuid:
        return append_json_string(out_, static_cast<const Uuid*>(at)->to_string());
      case Kind::string:
        return append_json_string(out_, clipped(static_cast<const Text*>(at)->view()));
      case Kind::bytes:
        return append_json_base64(out_, clipped(static_cast<const SharedBytes*>(at)->bytes()));
      case Kind::records:
        return records(static_cast<const SharedBytes*>(at)->bytes());
      case Kind::structure:
        return structure(*field.nested, at);
    }
  }

  void records(Bytes bytes) {
    if (options_.records == JsonOptions::Records::size) return number(bytes.size());
    append_records_json(out_, bytes, options_);
  }

  void number(auto value) { out_ += fmt::format("{}", value); }

  void float64(double value) {
    if (std::isfinite(value)) {
      out_ += fmt::format("{:#}", value);
    } else {
      append_json_string(out_, fmt::format("{}", value));  // JSON has no word for it
    }
  }

  std::string& out_;
  const std::int16_t version_;
  const JsonOptions& options_;
};

bool is_plain(char c) {
  return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

/// Appends the character at the front, which is not a plain one; returns its length.
std::size_t append_escaped(std::string& out, std::string_view text) {
  const char c = text[0];
  if (c == '"' || c == '\\') {
    out += '\\';
    out += c;
    return 1;
  }
  const std::size_t length = utf8_length(as_bytes(text));
  if (length == 0) {
    out += "\xef\xbf\xbd";
    return 1;
  }
  const bool is_c1 = length == 2 && c == '\xc2' && static_cast<unsigned char>(text[1]) < 0xa0;
  if (length == 1 || is_c1) {
    out += fmt::format("\\u{:04x}", static_cast<unsigned char>(text[length - 1]));
  } else {
    out += text.substr(0, length);
  }
  return length;
}

void cut(std::string& text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  text.resize(end);
  text += cut_mark;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const auto* const end = std::ranges::find_if_not(text, is_plain);
    const auto plain = static_cast<std::size_t>(end - text.begin());
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (!text.empty()) text.remove_prefix(append_escaped(out, text));
  }
  out += '"';
}

void append_json_bytes(std::string& out, Bytes bytes) {
  if (is_utf8(bytes)) return append_json_string(out, as_text(bytes));
  out += "{\"base64\":";
  append_json_base64(out, bytes);
  out += '}';
}

void append_json_base64(std::string& out, Bytes bytes) {
  static constexpr char digits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  out += '"';
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = bytes.size() - i;
    const unsigned group = static_cast<unsigned>(bytes[i]) << 16 |
                           (left > 1 ? static_cast<unsigned>(bytes[i + 1]) << 8 : 0U) |
                           (left > 2 ? static_cast<unsigned>(bytes[i + 2]) : 0U);
    out += digits[group >> 18];
    out += digits[group >> 12 & 63];
    out += left > 1 ? digits[group >> 6 & 63] : '=';
    out += left > 2 ? digits[group & 63] : '=';
  }
  out += '"';
}

std::string message_to_json(const Schema& schema, const void* message, std::int16_t version,
                            const JsonOptions& options) {
  std::string out;
  JsonPrinter(out, version, options).structure(schema.table, message);
  cut(out, options.bytes_max);
  return out;
}

std::string message_to_json(const Schema& schema, const void* message, std::int16_t version) {
  return message_to_json(schema, message, version, {.secrets = Secrets::shown});
}

}  // namespace moldau::protocol
