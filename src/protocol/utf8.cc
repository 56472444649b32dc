#include "protocol/utf8.h"

#include <cstdint>

namespace moldau::protocol {
namespace {

std::size_t announced_length(std::uint8_t lead) {
  if (lead < 0x80) return 1;
  if ((lead & 0xe0) == 0xc0) return 2;
  if ((lead & 0xf0) == 0xe0) return 3;
  return (lead & 0xf8) == 0xf0 ? 4 : 0;
}

}  // namespace

std::size_t utf8_length(Bytes bytes) {
  if (bytes.empty()) return 0;
  const std::size_t length = announced_length(bytes[0]);
  if (length == 0 || length > bytes.size()) return 0;
  std::uint32_t code_point = length == 1 ? bytes[0] : bytes[0] & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((bytes[i] & 0xc0) != 0x80) return 0;
    code_point = code_point << 6 | (bytes[i] & 0x3fu);
  }
  constexpr std::uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = code_point >= 0xd800 && code_point < 0xe000;
  return code_point < least[length] || code_point > 0x10ffff || is_surrogate ? 0 : length;
}

bool is_utf8(Bytes bytes) {
  while (!bytes.empty()) {
    const std::size_t length = utf8_length(bytes);
    if (length == 0) return false;
    bytes = bytes.subspan(length);
  }
  return true;
}

}  // namespace moldau::protocol
