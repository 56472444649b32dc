#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace moldau::apps {

/// Bytes of hexadecimal digits as people paste them: blanks, line ends, commas, colons and "0x"
/// between bytes do not count. Errors: invalid, with the line and what stands there.
Result<std::vector<std::uint8_t>> parse_hex(std::string_view text);

/// Whether bytes can be such a text, by their first ones.
bool looks_like_hex(Bytes start);

std::string to_hex(Bytes bytes);

}  // namespace moldau::apps
