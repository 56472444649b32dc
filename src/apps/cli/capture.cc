#include "apps/cli/capture.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/endian.h"

namespace moldau::apps {
namespace {

// The magic numbers as they read in big-endian order.
constexpr std::uint32_t pcap_big = 0xa1b2c3d4;
constexpr std::uint32_t pcap_little = 0xd4c3b2a1;
constexpr std::uint32_t pcap_nanoseconds_big = 0xa1b23c4d;
constexpr std::uint32_t pcap_nanoseconds_little = 0x4d3cb2a1;
constexpr std::uint32_t pcapng_section = 0x0a0d0d0a;  // the same in both orders
constexpr std::uint32_t pcapng_byte_order = 0x1a2b3c4d;

constexpr std::size_t pcap_header_size = 24;
constexpr std::size_t pcap_record_size = 16;
/// Type, length, and the length again at the end.
constexpr std::size_t block_overhead = 12;

constexpr std::uint32_t interface_block = 1;
constexpr std::uint32_t old_packet_block = 2;
constexpr std::uint32_t simple_packet_block = 3;
constexpr std::uint32_t enhanced_packet_block = 6;

std::unexpected<Error> cut_off() {
  return fail(Errc::truncated, "the capture ends inside of a packet");
}

}  // namespace

bool looks_like_capture(Bytes start) {
  if (start.size() < sizeof(std::uint32_t)) return false;
  const auto magic = load_be<std::uint32_t>(start.data());
  return magic == pcap_big || magic == pcap_little || magic == pcap_nanoseconds_big ||
         magic == pcap_nanoseconds_little || magic == pcapng_section;
}

std::uint16_t CaptureReader::u16(std::size_t at) const {
  const auto value = load_be<std::uint16_t>(block_.data() + at);
  return order_ == Order::big ? value : std::byteswap(value);
}

std::uint32_t CaptureReader::u32(std::size_t at) const {
  const auto value = load_be<std::uint32_t>(block_.data() + at);
  return order_ == Order::big ? value : std::byteswap(value);
}

/// Reads so many bytes into block_; false if there are none left.
Result<bool> CaptureReader::fill(std::size_t size) {
  if (size > packet_bytes_max) {
    return fail(Errc::corrupt, fmt::format("the capture has a packet of {} bytes", size));
  }
  block_.resize(size);
  const std::size_t count = TRY(source_.read(block_));
  if (count == 0 && size > 0) return false;
  if (count < size) return cut_off();
  return true;
}

Result<bool> CaptureReader::next(Packet& packet) {
  if (kind_ == Kind::unknown) TRY(begin());
  return kind_ == Kind::pcap ? next_pcap(packet) : next_pcapng(packet);
}

Result<> CaptureReader::begin() {
  const auto start = TRY(source_.peek(sizeof(std::uint32_t)));
  if (!looks_like_capture(start)) {
    return fail(Errc::unsupported, "neither a pcap nor a pcapng capture");
  }
  const auto magic = load_be<std::uint32_t>(start.data());
  kind_ = magic == pcapng_section ? Kind::pcapng : Kind::pcap;
  if (kind_ == Kind::pcapng) return {};
  order_ = magic == pcap_big || magic == pcap_nanoseconds_big ? Order::big : Order::little;
  if (!TRY(fill(pcap_header_size))) return cut_off();
  link_ = static_cast<LinkType>(u32(20) & 0xffff);  // above are bits about checksums
  return {};
}

Result<bool> CaptureReader::next_pcap(Packet& packet) {
  if (!TRY(fill(pcap_record_size))) return false;
  const std::size_t captured = u32(8);
  if (!TRY(fill(captured)) && captured > 0) return cut_off();
  packet = {link_, block_};
  return true;
}

Result<> CaptureReader::begin_section() {
  const auto start = TRY(source_.peek(sizeof(std::uint32_t)));
  if (start.size() < sizeof(std::uint32_t)) return cut_off();
  const auto mark = load_be<std::uint32_t>(start.data());
  if (mark != pcapng_byte_order && std::byteswap(mark) != pcapng_byte_order) {
    return fail(Errc::corrupt, "a pcapng section without a byte order");
  }
  order_ = mark == pcapng_byte_order ? Order::big : Order::little;
  interfaces_.clear();
  return {};
}

/// Blocks without a packet are passed over.
Result<bool> CaptureReader::next_pcapng(Packet& packet) {
  for (;;) {
    if (!TRY(fill(2 * sizeof(std::uint32_t)))) return false;
    const bool is_section = load_be<std::uint32_t>(block_.data()) == pcapng_section;
    if (is_section) TRY(begin_section());
    const std::uint32_t type = u32(0);
    const std::size_t length = u32(4);
    if (length < block_overhead || length % 4 != 0) {
      return fail(Errc::corrupt, fmt::format("a pcapng block of {} bytes", length));
    }
    if (!TRY(fill(length - 2 * sizeof(std::uint32_t)))) return cut_off();
    block_.resize(block_.size() - sizeof(std::uint32_t));
    if (!is_section && read_block(type, packet)) return true;
  }
}

/// Whether the block has a packet of an interface that we know.
bool CaptureReader::read_block(std::uint32_t type, Packet& packet) {
  if (type == interface_block && block_.size() >= 8) {
    if (interfaces_.size() < interfaces_max) interfaces_.push_back(static_cast<LinkType>(u16(0)));
    return false;
  }
  std::size_t header = 20;
  std::size_t interface = 0;
  std::size_t captured = 0;
  if (type == enhanced_packet_block && block_.size() >= header) {
    interface = u32(0);
    captured = u32(12);
  } else if (type == old_packet_block && block_.size() >= header) {
    interface = u16(0);
    captured = u32(12);
  } else if (type == simple_packet_block && block_.size() >= 4) {
    header = 4;
    captured = u32(0);  // as it was on the wire: the block may have less
  } else {
    return false;
  }
  if (interface >= interfaces_.size()) return false;
  const auto bytes = Bytes(block_).subspan(header);
  packet = {interfaces_[interface], bytes.first(std::min(captured, bytes.size()))};
  return true;
}

}  // namespace moldau::apps
