#include "protocol/layout.h"

#include <fmt/format.h>

#include <cstring>

namespace moldau::protocol {
namespace {

template <class T>
T load(const void* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

std::string number_default(const Field& field) {
  const void* at = field.default_value;
  switch (field.kind) {
    case Kind::boolean:
      return load<bool>(at) ? "true" : "false";
    case Kind::int8:
      return fmt::format("{}", load<std::int8_t>(at));
    case Kind::int16:
      return fmt::format("{}", load<std::int16_t>(at));
    case Kind::uint16:
      return fmt::format("{}", load<std::uint16_t>(at));
    case Kind::int32:
      return fmt::format("{}", load<std::int32_t>(at));
    case Kind::uint32:
      return fmt::format("{}", load<std::uint32_t>(at));
    case Kind::int64:
      return fmt::format("{}", load<std::int64_t>(at));
    case Kind::float64:
      return fmt::format("{}", load<double>(at));
    default:
      return "";
  }
}

class LayoutWriter {
 public:
  LayoutWriter(std::int16_t version, bool flexible) : version_(version), flexible_(flexible) {}

  void structure(const Table& table, std::size_t depth) {
    for (const Field& field : table) {
      if (!field.is_tagged()) this->field(field, depth);
    }
    if (!flexible_) return;
    rows_.push_back(
        {.depth = depth, .name = "", .type = "tagged fields", .tag = {}, .default_value = {}});
    for (std::size_t i = 0; i < table.tagged_size; ++i) {
      field(table.fields[table.tagged[i]], depth + 1);
    }
  }

  std::vector<LayoutRow> take() { return std::move(rows_); }

 private:
  void field(const Field& field, std::size_t depth) {
    if (!field.spec.versions.contains(version_)) return;
    LayoutRow row{.depth = depth,
                  .name = field.name,
                  .type = type_of(field),
                  .is_nullable = field.is_nullable_in(version_),
                  .tag = {},
                  .default_value = default_text(field)};
    if (field.is_tagged()) row.tag = field.spec.tag_number;
    rows_.push_back(std::move(row));
    if (field.nested != nullptr) structure(*field.nested, depth + 1);
  }

  std::string type_of(const Field& field) const {
    const bool is_compact = flexible_ && !field.spec.is_never_compact;
    const std::string_view form = is_compact ? "compact " : "";
    const bool has_length =
        field.kind == Kind::string || field.kind == Kind::bytes || field.kind == Kind::records;
    const std::string name = protocol::type_name(field);
    std::string_view kind = name;
    if (kind.starts_with("[]")) kind.remove_prefix(2);
    const auto element = fmt::format("{}{}", has_length ? form : "", kind);
    return field.vector == nullptr ? element : fmt::format("{}array of {}", form, element);
  }

  const std::int16_t version_;
  const bool flexible_;
  std::vector<LayoutRow> rows_;
};

}  // namespace

std::vector<LayoutRow> layout(const Schema& schema, std::int16_t version) {
  LayoutWriter writer(version, schema.info.is_flexible(version));
  writer.structure(schema.table, 0);
  return writer.take();
}

std::string default_text(const Field& field) {
  const void* at = field.default_value;
  if (field.optional != nullptr) at = field.optional->get(at);
  if (at == nullptr) return "null";
  if (field.vector != nullptr) return "";
  if (field.kind == Kind::string) return static_cast<const Text*>(at)->str();
  return number_default(field);
}

std::string_view type_name(MessageType type) {
  switch (type) {
    case MessageType::request:
      return "request";
    case MessageType::response:
      return "response";
    case MessageType::header:
      return "header";
    case MessageType::metadata:
      return "metadata";
    case MessageType::data:
      return "data";
    case MessageType::coordinator_key:
      return "coordinator-key";
    case MessageType::coordinator_value:
      return "coordinator-value";
  }
  return "?";
}

}  // namespace moldau::protocol
