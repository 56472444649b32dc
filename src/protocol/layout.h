#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/schema.h"

namespace moldau::protocol {

/// A field as one version has it on the wire.
struct LayoutRow {
  std::size_t depth{0};  ///< how many structures are around it, beside the message
  std::string name;
  /// As the protocol guide says it: "int32", "compact string", "compact array of FetchTopic".
  std::string type;
  bool is_nullable{false};
  std::optional<std::int16_t> tag;  ///< of a tagged field
  std::string default_value;        ///< as default_text
};

/// The fields of a message in wire order; those of a structure follow the field that holds it. In
/// flexible versions each structure ends with a row "tagged fields", with the tags that we know
/// below it.
std::vector<LayoutRow> layout(const Schema& schema, std::int16_t version);

/// The value as text; "null"; "" for the zero value of strings, uuids, bytes, arrays and structs.
std::string default_text(const Field& field);

/// "request", "coordinator-key", ...
std::string_view type_name(MessageType type);

}  // namespace moldau::protocol
