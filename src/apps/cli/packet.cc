#include "apps/cli/packet.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>

#include "base/endian.h"

namespace moldau::apps {
namespace {

constexpr std::uint16_t ethertype_ipv4 = 0x0800;
constexpr std::uint16_t ethertype_ipv6 = 0x86dd;
constexpr std::uint16_t ethertype_vlan = 0x8100;
constexpr std::uint16_t ethertype_service_vlan = 0x88a8;
constexpr std::uint16_t ethertype_old_service_vlan = 0x9100;
constexpr std::size_t ethertype_position = 12;
constexpr std::size_t ipv4_header_min = 20;
constexpr std::size_t ipv6_header_size = 40;
constexpr std::size_t tcp_header_min = 20;
constexpr std::uint8_t tcp_syn = 0x02;

using Segment = std::optional<TcpSegment>;

std::uint16_t u16(Bytes bytes, std::size_t at) {
  return load_be<std::uint16_t>(bytes.data() + at);
}

Bytes behind(Bytes bytes, std::size_t size) {
  return bytes.subspan(std::min(size, bytes.size()));
}

Segment parse_tcp(Bytes bytes, TcpSegment segment) {
  if (bytes.size() < tcp_header_min) return std::nullopt;
  const std::size_t header = std::size_t{bytes[12]} / 16 * 4;
  if (header < tcp_header_min || header > bytes.size()) return std::nullopt;
  segment.from.port = u16(bytes, 0);
  segment.to.port = u16(bytes, 2);
  segment.sequence = load_be<std::uint32_t>(bytes.data() + 4);
  segment.syn = (bytes[13] & tcp_syn) != 0;
  segment.payload = bytes.subspan(header);
  return segment;
}

Segment parse_ipv4(Bytes bytes) {
  if (bytes.size() < ipv4_header_min) return std::nullopt;
  const std::size_t header = std::size_t{bytes[0] & 0x0fu} * 4;
  const bool is_fragment = (u16(bytes, 6) & 0x3fff) != 0;  // more to come, or not the first
  if (header < ipv4_header_min || is_fragment || bytes[9] != IPPROTO_TCP) return std::nullopt;
  // Behind the packet is Ethernet's padding. Segments that the card cuts up have no length yet.
  const std::size_t total = u16(bytes, 2);
  if (total >= header) bytes = bytes.first(std::min(total, bytes.size()));
  TcpSegment segment;
  std::copy_n(bytes.begin() + 12, 4, segment.from.address.begin());
  std::copy_n(bytes.begin() + 16, 4, segment.to.address.begin());
  return parse_tcp(behind(bytes, header), segment);
}

bool is_extension(std::uint8_t header) {
  return header == IPPROTO_HOPOPTS || header == IPPROTO_ROUTING || header == IPPROTO_DSTOPTS;
}

Segment parse_ipv6(Bytes bytes) {
  if (bytes.size() < ipv6_header_size) return std::nullopt;
  TcpSegment segment;
  segment.from.is_v6 = segment.to.is_v6 = true;
  std::copy_n(bytes.begin() + 8, 16, segment.from.address.begin());
  std::copy_n(bytes.begin() + 24, 16, segment.to.address.begin());
  std::uint8_t next = bytes[6];
  const std::size_t length = u16(bytes, 4);
  bytes = bytes.subspan(ipv6_header_size);
  if (length > 0) bytes = bytes.first(std::min(length, bytes.size()));
  while (is_extension(next)) {
    if (bytes.size() < 8) return std::nullopt;
    next = bytes[0];
    bytes = behind(bytes, (std::size_t{bytes[1]} + 1) * 8);
  }
  return next == IPPROTO_TCP ? parse_tcp(bytes, segment) : std::nullopt;
}

Segment parse_ip(Bytes bytes) {
  if (bytes.empty()) return std::nullopt;
  const int version = bytes[0] >> 4;
  if (version == 4) return parse_ipv4(bytes);
  return version == 6 ? parse_ipv6(bytes) : std::nullopt;
}

bool is_vlan(std::uint16_t type) {
  return type == ethertype_vlan || type == ethertype_service_vlan ||
         type == ethertype_old_service_vlan;
}

/// `bytes` begin with an EtherType; tags of VLANs may be in front of the packet.
Segment parse_ethertype(Bytes bytes) {
  while (bytes.size() >= 2) {
    const auto type = u16(bytes, 0);
    if (type == ethertype_ipv4 || type == ethertype_ipv6) return parse_ip(bytes.subspan(2));
    if (!is_vlan(type)) return std::nullopt;
    bytes = behind(bytes, 4);
  }
  return std::nullopt;
}

Segment parse_sll2(Bytes bytes) {
  constexpr std::size_t header_size = 20;
  if (bytes.size() < header_size) return std::nullopt;
  const auto type = u16(bytes, 0);
  // The tag's number, then an EtherType.
  if (is_vlan(type)) return parse_ethertype(behind(bytes, header_size + 2));
  return type == ethertype_ipv4 || type == ethertype_ipv6 ? parse_ip(bytes.subspan(header_size))
                                                          : std::nullopt;
}

}  // namespace

std::string PacketEnd::to_string() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(is_v6 ? AF_INET6 : AF_INET, address.data(), text.data(), text.size());
  return is_v6 ? fmt::format("[{}]:{}", text.data(), port)
               : fmt::format("{}:{}", text.data(), port);
}

Segment parse_packet(const Packet& packet) {
  switch (packet.link) {
    case LinkType::ethernet:
      return parse_ethertype(behind(packet.bytes, ethertype_position));
    case LinkType::linux_sll:
      return parse_ethertype(behind(packet.bytes, 14));
    case LinkType::linux_sll2:
      return parse_sll2(packet.bytes);
    case LinkType::null:
    case LinkType::loop:
      // The family in front is one of several numbers; the packet says for itself what it is.
      return parse_ip(behind(packet.bytes, 4));
    case LinkType::raw:
    case LinkType::raw_bsd:
    case LinkType::raw_openbsd:
    case LinkType::ipv4:
    case LinkType::ipv6:
      return parse_ip(packet.bytes);
  }
  return std::nullopt;
}

}  // namespace moldau::apps
