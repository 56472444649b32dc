#pragma once

#include <algorithm>
#include <cstdint>

namespace moldau::protocol {

inline constexpr std::int16_t newest_version = 0x7fff;

/// A range of versions, both ends included; empty when lowest > highest.
struct Versions {
  std::int16_t lowest{0};
  std::int16_t highest{newest_version};

  constexpr bool contains(std::int16_t version) const {
    return lowest <= version && version <= highest;
  }
  constexpr bool empty() const { return lowest > highest; }
  constexpr Versions within(Versions outer) const {
    return {std::max(lowest, outer.lowest), std::min(highest, outer.highest)};
  }
  constexpr bool operator==(const Versions&) const = default;
};

inline constexpr Versions no_versions{0, -1};
/// For `MessageInfo::flexible_since` of a message that never became flexible (KIP-482).
inline constexpr std::int16_t never_flexible = newest_version;

/// What a message says about one of its fields beside its C++ type and its default. The C++ type
/// gives the wire type, std::optional gives nullability, the member initialiser gives the default.
struct Spec {
  Versions versions{};
  Versions nullable{};           ///< of a std::optional: versions in which null may be sent
  std::int16_t tag_number{-1};   ///< tagged field (KIP-482), in all versions of the field
  bool is_ignorable{false};      ///< silently dropped where a version lacks it, else an error
  bool is_records{false};        ///< bytes that hold record batches
  bool is_never_compact{false};  ///< keeps the old form in flexible versions (header's ClientId)

  constexpr Spec ignorable() const {
    Spec spec = *this;
    spec.is_ignorable = true;
    return spec;
  }
  constexpr Spec tag(std::int16_t number) const {
    Spec spec = *this;
    spec.tag_number = number;
    return spec;
  }
  constexpr Spec nullable_since(std::int16_t version) const {
    Spec spec = *this;
    spec.nullable.lowest = version;
    return spec;
  }
  constexpr Spec as_records() const {
    Spec spec = *this;
    spec.is_records = true;
    return spec;
  }
  constexpr Spec never_compact() const {
    Spec spec = *this;
    spec.is_never_compact = true;
    return spec;
  }
};

constexpr Spec between(std::int16_t lowest, std::int16_t highest) {
  return {.versions = {lowest, highest}};
}
constexpr Spec since(std::int16_t version) {
  return between(version, newest_version);
}
constexpr Spec until(std::int16_t version) {
  return between(0, version);
}
constexpr Spec ignorable() {
  return Spec{}.ignorable();
}
constexpr Spec tag(std::int16_t number) {
  return Spec{}.tag(number);
}
constexpr Spec nullable_since(std::int16_t version) {
  return Spec{}.nullable_since(version);
}
constexpr Spec as_records() {
  return Spec{}.as_records();
}

enum class MessageType : std::uint8_t {
  request,
  response,
  header,
  metadata,  ///< record of __cluster_metadata
  data,
  coordinator_key,
  coordinator_value,
};

inline constexpr std::int16_t no_api_key = -1;

/// What a message says about itself: `static constexpr MessageInfo info` in the struct.
struct MessageInfo {
  const char* name;
  MessageType type;
  std::int16_t api_key{no_api_key};  ///< for records: the record type's number
  Versions versions;
  std::int16_t flexible_since{never_flexible};
  /// The newest version is in the schema but not to be announced (KIP-939's InitProducerId 6).
  bool latest_unstable{false};

  constexpr bool is_flexible(std::int16_t version) const {
    return version >= flexible_since && flexible_since != never_flexible;
  }
  constexpr std::int16_t latest_stable() const {
    return static_cast<std::int16_t>(versions.highest - (latest_unstable ? 1 : 0));
  }
};

/// The table that the codec interprets; see schema.h. Each message has `static const Schema
/// schema`, defined in its .cc.
struct Schema;

}  // namespace moldau::protocol
