#pragma once

#include <cstdint>
#include <vector>

#include "apps/cli/byte_source.h"
#include "base/bytes.h"
#include "base/error.h"

namespace moldau::apps {

/// The kinds of captures that we read (https://www.tcpdump.org/linktypes.html).
enum class LinkType : std::uint32_t {
  null = 0,
  ethernet = 1,
  raw_bsd = 12,
  raw_openbsd = 14,
  raw = 101,
  loop = 108,
  linux_sll = 113,
  ipv4 = 228,
  ipv6 = 229,
  linux_sll2 = 276,
};

/// What was captured of one packet.
struct Packet {
  LinkType link{};
  Bytes bytes;  ///< valid until the next packet is read
};

bool looks_like_capture(Bytes start);

/// Reads pcap (in both byte orders, with micro- or nanoseconds) and pcapng, one packet at a time.
/// The bytes are not trusted: nothing that they say takes more memory than `packet_bytes_max`.
class CaptureReader {
 public:
  static constexpr std::size_t packet_bytes_max = std::size_t{16} << 20;
  static constexpr std::size_t interfaces_max = 65'536;

  explicit CaptureReader(ByteSource source) : source_(std::move(source)) {}

  /// False at the end. Errors: io; truncated where the file ends inside of a packet (what came
  /// before was read); corrupt; unsupported for what is no capture.
  Result<bool> next(Packet& packet);

 private:
  enum class Kind : std::uint8_t { unknown, pcap, pcapng };
  enum class Order : std::uint8_t { little, big };

  Result<> begin();
  Result<bool> next_pcap(Packet& packet);
  Result<bool> next_pcapng(Packet& packet);
  Result<> begin_section();
  bool read_block(std::uint32_t type, Packet& packet);
  Result<bool> fill(std::size_t size);
  std::uint16_t u16(std::size_t at) const;
  std::uint32_t u32(std::size_t at) const;

  ByteSource source_;
  Kind kind_{Kind::unknown};
  Order order_{Order::little};
  LinkType link_{};                   // pcap's only one
  std::vector<LinkType> interfaces_;  // of the pcapng section
  std::vector<std::uint8_t> block_;
};

}  // namespace moldau::apps
