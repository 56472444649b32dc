#pragma once

#include <zlib.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/endian.h"

namespace moldau::records::testing {

/// A message of format 1, as brokers before 0.11 wrote them. For tests.
inline std::vector<std::uint8_t> old_message(std::int64_t offset, std::int64_t timestamp,
                                             std::string_view key,
                                             std::optional<std::string_view> value) {
  constexpr std::size_t covered_from = 16;  // by the CRC: magic, attributes, timestamp, ...
  std::vector<std::uint8_t> bytes(26);
  const auto put_text = [&](std::optional<std::string_view> text) {
    const auto at = bytes.size();
    bytes.resize(at + 4);
    store_be<std::int32_t>(bytes.data() + at, text ? static_cast<std::int32_t>(text->size()) : -1);
    if (text) bytes.insert(bytes.end(), text->begin(), text->end());
  };
  put_text(key);
  put_text(value);
  store_be<std::int64_t>(bytes.data(), offset);
  store_be<std::int32_t>(bytes.data() + 8, static_cast<std::int32_t>(bytes.size() - 12));
  bytes[covered_from] = 1;
  store_be<std::int64_t>(bytes.data() + 18, timestamp);
  store_be<std::uint32_t>(
      bytes.data() + 12, static_cast<std::uint32_t>(
                             crc32_z(0, bytes.data() + covered_from, bytes.size() - covered_from)));
  return bytes;
}

}  // namespace moldau::records::testing
