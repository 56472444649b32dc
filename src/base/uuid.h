#pragma once

#include <fmt/format.h>

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/endian.h"

namespace moldau {

/// 16 bytes as on the wire (most significant first). Text form: URL-safe base64 without padding, 22
/// characters, as Kafka prints it. The zero Uuid means "none".
struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  static constexpr Uuid of(std::uint64_t most, std::uint64_t least) {
    Uuid uuid;
    for (int i = 0; i < 8; ++i) {
      uuid.bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(most >> (56 - 8 * i));
      uuid.bytes[static_cast<std::size_t>(i) + 8] =
          static_cast<std::uint8_t>(least >> (56 - 8 * i));
    }
    return uuid;
  }
  /// Null if the text is not 22 characters of URL-safe base64.
  static std::optional<Uuid> parse(std::string_view text);

  std::uint64_t most() const { return load_be<std::uint64_t>(bytes.data()); }
  std::uint64_t least() const { return load_be<std::uint64_t>(bytes.data() + 8); }
  bool is_zero() const { return *this == Uuid{}; }
  std::string to_string() const;
  constexpr auto operator<=>(const Uuid&) const = default;
};

/// Topic id of `__cluster_metadata`.
inline constexpr Uuid cluster_metadata_topic_id = Uuid::of(0, 1);
/// Values that stand for a log directory's id in partition records (KIP-858).
inline constexpr Uuid migrating_directory = Uuid::of(0, 0);
inline constexpr Uuid unassigned_directory = Uuid::of(0, 1);
inline constexpr Uuid lost_directory = Uuid::of(0, 2);

}  // namespace moldau

template <>
struct std::hash<moldau::Uuid> {
  std::size_t operator()(const moldau::Uuid& uuid) const noexcept {
    return static_cast<std::size_t>(uuid.most() ^ (uuid.least() * 0x9e3779b97f4a7c15ULL));
  }
};

template <>
struct fmt::formatter<moldau::Uuid> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const moldau::Uuid& uuid, Context& context) const {
    return fmt::formatter<std::string_view>::format(uuid.to_string(), context);
  }
};
