#include "protocol/json.h"

#include <cmath>
#include <cstring>

#include "protocol/codec.h"
#include "protocol/equal.h"
#include "protocol/schema.h"

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
  JsonPrinter(std::string& out, std::int16_t version) : out_(out), version_(version) {}

  /// What a version does not carry, and tagged fields that it would not write, are left out.
  void structure(const Table& table, const void* object) {
    const char* separator = "{";
    for (const Field& field : table) {
      const void* at = table.at(object, field);
      if (!field.spec.versions.contains(version_)) continue;
      if (field.is_tagged() && equal_field(field, at, field.default_value)) continue;
      out_ += separator;
      separator = ",";
      member(field, at);
    }
    out_ += *separator == '{' ? "{}" : "}";
  }

 private:
  void member(const Field& field, const void* at) {
    const bool is_null = field.optional != nullptr && (at = field.optional->get(at)) == nullptr;
    std::string name = field.name;
    if (name[0] >= 'A' && name[0] <= 'Z') name[0] = static_cast<char>(name[0] - 'A' + 'a');
    if (field.kind == Kind::records && !is_null) name += "SizeInBytes";
    append_json_string(out_, name);
    out_ += ':';
    if (is_null) {
      out_ += "null";
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
    for (std::size_t i = 0; i < size; ++i, element += field.vector->stride) {
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
        return append_json_string(out_, static_cast<const Text*>(at)->view());
      case Kind::bytes:
        return append_json_base64(out_, static_cast<const SharedBytes*>(at)->bytes());
      case Kind::records:
        return number(static_cast<const SharedBytes*>(at)->size());
      case Kind::structure:
        return structure(*field.nested, at);
    }
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
};

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  out += '"';
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

std::string message_to_json(const Schema& schema, const void* message, std::int16_t version) {
  std::string out;
  JsonPrinter(out, version).structure(schema.table, message);
  return out;
}

}  // namespace moldau::protocol
