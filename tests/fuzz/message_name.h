#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/registry.h"

namespace moldau::fuzz {

/// Names a message that has no number in two bytes of an input, whatever else is registered.
constexpr std::uint16_t name_hash(std::string_view name) {
  std::uint32_t hash = 0x811c9dc5;
  for (const char c : name) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x01000193;
  return static_cast<std::uint16_t>(hash ^ hash >> 16);
}

constexpr bool is_named_by_hash(protocol::MessageType type) {
  return type == protocol::MessageType::data || type == protocol::MessageType::header;
}

/// Null if there is none.
inline const protocol::Schema* find_by_name_hash(std::uint16_t hash) {
  for (const protocol::Schema* schema : protocol::all_schemas()) {
    if (is_named_by_hash(schema->info.type) && name_hash(schema->info.name) == hash) return schema;
  }
  return nullptr;
}

}  // namespace moldau::fuzz
