#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace moldau {

/// CRC-32C (Castagnoli) as in record batches; `crc` continues an earlier result.
std::uint32_t crc32c(Bytes bytes, std::uint32_t crc = 0);

}  // namespace moldau
