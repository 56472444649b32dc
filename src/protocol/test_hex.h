#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

/// Bytes as hexadecimal digits, for tests.
namespace moldau::protocol {

inline SharedBytes unhex(std::string_view hex) {
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    bytes.push_back(
        static_cast<std::uint8_t>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return SharedBytes::adopt(std::move(bytes));
}

inline std::string hex(const SharedBytes& bytes) {
  std::string result;
  for (const std::uint8_t byte : bytes.bytes()) result += fmt::format("{:02x}", byte);
  return result;
}

}  // namespace moldau::protocol
