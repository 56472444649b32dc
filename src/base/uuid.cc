#include "base/uuid.h"

namespace moldau {

namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr int value_of(char c) {
  const auto index = alphabet.find(c);
  return index == std::string_view::npos ? -1 : static_cast<int>(index);
}

}  // namespace

std::string Uuid::to_string() const {
  std::string text;
  text.reserve(22);
  std::uint32_t bits = 0;
  int count = 0;
  for (const auto byte : bytes) {
    bits = bits << 8 | byte;
    for (count += 8; count >= 6; count -= 6) text += alphabet[bits >> (count - 6) & 63];
  }
  text += alphabet[bits << (6 - count) & 63];
  return text;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != 22) return std::nullopt;
  Uuid uuid;
  std::uint32_t bits = 0;
  int count = 0;
  std::size_t index = 0;
  for (const char c : text) {
    const int value = value_of(c);
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 8 && index < 16) {
      uuid.bytes[index++] = static_cast<std::uint8_t>(bits >> (count - 8));
      count -= 8;
    }
  }
  return uuid;
}

}  // namespace moldau
