#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace moldau::fuzz {

/// The bytes with every checksum of every record batch and old message that is whole put right.
/// Chance does not find a CRC, so without this nothing behind one would be reached.
std::vector<std::uint8_t> with_right_checksums(Bytes batches);

}  // namespace moldau::fuzz
