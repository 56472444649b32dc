#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"

/// Captures made by hand, for tests.
namespace moldau::apps {

using RawBytes = std::vector<std::uint8_t>;

inline void append(RawBytes& to, const RawBytes& bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}
inline RawBytes raw(std::string_view text) {
  return {text.begin(), text.end()};
}

enum class ByteOrder : std::uint8_t { big, little };

/// `value` in `size` bytes, which may be more than the eight it has.
inline RawBytes number(std::uint64_t value, std::size_t size, ByteOrder order = ByteOrder::big) {
  RawBytes bytes;
  for (std::size_t i = 0; i < size; ++i) {
    const auto place = order == ByteOrder::big ? size - 1 - i : i;
    bytes.push_back(place < sizeof(value) ? static_cast<std::uint8_t>(value >> (8 * place)) : 0);
  }
  return bytes;
}

struct TestSegment {
  std::uint16_t from{50'000};
  std::uint16_t to{9092};
  std::uint32_t sequence{0};
  bool syn{false};
  RawBytes payload;
};

inline RawBytes tcp(const TestSegment& segment) {
  RawBytes bytes = number(segment.from, 2);
  append(bytes, number(segment.to, 2));
  append(bytes, number(segment.sequence, 4));
  append(bytes, number(0, 4));
  append(bytes, {0x60, static_cast<std::uint8_t>(segment.syn ? 0x02 : 0x10)});  // 24 bytes
  append(bytes, number(0, 6));
  append(bytes, number(0x01010101, 4));  // options
  append(bytes, segment.payload);
  return bytes;
}

inline RawBytes ipv4(const RawBytes& payload, std::uint8_t protocol = 6) {
  RawBytes bytes{0x45, 0};
  append(bytes, number(20 + payload.size(), 2));
  append(bytes, {0, 0, 0x40, 0, 64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2});
  append(bytes, payload);
  return bytes;
}

inline RawBytes ipv6(const RawBytes& payload, std::uint8_t next = 6) {
  RawBytes bytes{0x60, 0, 0, 0};
  append(bytes, number(payload.size(), 2));
  append(bytes, {next, 64});
  append(bytes, RawBytes(31, 0));
  bytes.push_back(1);
  bytes[8 + 15] = 2;  // from ::2 to ::1
  append(bytes, payload);
  return bytes;
}

inline RawBytes ethernet(const RawBytes& packet, std::uint16_t type = 0x0800) {
  RawBytes bytes(12, 0xee);
  append(bytes, number(type, 2));
  append(bytes, packet);
  return bytes;
}

inline RawBytes pcap(const std::vector<RawBytes>& packets, std::uint32_t link,
                     ByteOrder order = ByteOrder::little, std::uint32_t magic = 0xa1b2c3d4) {
  RawBytes file = number(magic, 4, order);
  append(file, number(2, 2, order));
  append(file, number(4, 2, order));
  append(file, number(0, 8, order));
  append(file, number(65'535, 4, order));
  append(file, number(link, 4, order));
  for (const auto& packet : packets) {
    append(file, number(0, 8, order));
    append(file, number(packet.size(), 4, order));
    append(file, number(packet.size(), 4, order));
    append(file, packet);
  }
  return file;
}

inline RawBytes pcapng_block(std::uint32_t type, RawBytes body, ByteOrder order) {
  while (body.size() % 4 != 0) body.push_back(0);
  RawBytes block = number(type, 4, order);
  append(block, number(body.size() + 12, 4, order));
  append(block, body);
  append(block, number(body.size() + 12, 4, order));
  return block;
}

inline RawBytes pcapng(const std::vector<RawBytes>& packets, std::uint16_t link, ByteOrder order) {
  RawBytes section = number(0x1a2b3c4d, 4, order);
  append(section, number(1, 2, order));
  append(section, number(0, 2, order));
  append(section, number(~std::uint64_t{0}, 8, order));
  RawBytes file = pcapng_block(0x0a0d0d0a, section, order);
  RawBytes interface = number(link, 2, order);
  append(interface, number(0, 6, order));
  append(file, pcapng_block(1, interface, order));
  append(file, pcapng_block(5, number(0, 12, order), order));  // statistics
  for (const auto& packet : packets) {
    RawBytes body = number(0, 12, order);
    append(body, number(packet.size(), 4, order));
    append(body, number(packet.size(), 4, order));
    append(body, packet);
    append(file, pcapng_block(6, body, order));
  }
  return file;
}

/// A frame with its size in front.
inline RawBytes frame(const RawBytes& content) {
  RawBytes bytes = number(content.size(), 4);
  append(bytes, content);
  return bytes;
}

}  // namespace moldau::apps
