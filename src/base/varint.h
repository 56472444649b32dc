#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "base/bytes.h"

namespace moldau {

/// LEB128 as in Kafka: 7 bits a byte, least significant first. Signed values are zig-zag encoded.
inline constexpr std::size_t varint32_size_max = 5;
inline constexpr std::size_t varint64_size_max = 10;

constexpr std::uint32_t zigzag(std::int32_t value) {
  return static_cast<std::uint32_t>(value) << 1 ^ static_cast<std::uint32_t>(value >> 31);
}
constexpr std::uint64_t zigzag(std::int64_t value) {
  return static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int32_t unzigzag(std::uint32_t value) {
  return static_cast<std::int32_t>(value >> 1) ^ -static_cast<std::int32_t>(value & 1);
}
constexpr std::int64_t unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

constexpr std::size_t uvarint_size(std::uint64_t value) {
  std::size_t size = 1;
  for (; value >= 0x80; value >>= 7) ++size;
  return size;
}

/// Writes at most varint64_size_max bytes to `to`; returns how many.
constexpr std::size_t put_uvarint(std::uint8_t* to, std::uint64_t value) {
  std::size_t size = 0;
  for (; value >= 0x80; value >>= 7) to[size++] = static_cast<std::uint8_t>(value | 0x80);
  to[size++] = static_cast<std::uint8_t>(value);
  return size;
}

/// Reads from the front of `from`. Returns how many bytes were used; 0 if it is cut off, longer
/// than the type allows, or overflows it.
template <class T>
constexpr std::size_t get_uvarint(Bytes from, T& value) {
  static_assert(sizeof(T) == 4 || sizeof(T) == 8);
  constexpr std::size_t size_max = sizeof(T) == 4 ? varint32_size_max : varint64_size_max;
  constexpr unsigned bits_max = sizeof(T) * 8;
  T result = 0;
  unsigned shift = 0;
  for (std::size_t i = 0; i < from.size() && i < size_max; ++i, shift += 7) {
    const T group = from[i] & 0x7f;
    if (shift + 7 > bits_max && (group >> (bits_max - shift)) != 0) return 0;
    result |= group << shift;
    if ((from[i] & 0x80) == 0) {
      value = result;
      return i + 1;
    }
  }
  return 0;
}

}  // namespace moldau
