#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>

namespace moldau {

/// Big-endian, unaligned: the byte order of Kafka's wire and files.
template <std::integral T>
inline T load_be(const std::uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  if constexpr (sizeof(T) > 1 && std::endian::native == std::endian::little) {
    return std::byteswap(value);
  } else {
    return value;
  }
}

template <std::integral T>
inline void store_be(std::uint8_t* to, T value) {
  if constexpr (sizeof(T) > 1 && std::endian::native == std::endian::little) {
    value = std::byteswap(value);
  }
  std::memcpy(to, &value, sizeof value);
}

}  // namespace moldau
