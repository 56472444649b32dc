#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "apps/cli/capture.h"
#include "base/bytes.h"

namespace moldau::apps {

/// An address and a port, as the packet has them.
struct PacketEnd {
  bool is_v6{false};
  std::array<std::uint8_t, 16> address{};  ///< of IPv4 the first four
  std::uint16_t port{0};

  auto operator<=>(const PacketEnd&) const = default;
  /// "10.0.0.1:9092", "[::1]:9092".
  std::string to_string() const;
};

struct TcpSegment {
  PacketEnd from;
  PacketEnd to;
  std::uint32_t sequence{0};
  bool syn{false};
  Bytes payload;  ///< what was captured of it
};

/// The TCP segment in a packet; null for anything else: other protocols, fragments, headers that
/// are cut off, kinds of captures that we do not read.
std::optional<TcpSegment> parse_packet(const Packet& packet);

}  // namespace moldau::apps
