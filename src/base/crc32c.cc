#include "base/crc32c.h"

#include <isa-l/crc.h>

#include <limits>

namespace moldau {

std::uint32_t crc32c(Bytes bytes, std::uint32_t crc) {
  std::uint32_t state = ~crc;
  while (!bytes.empty()) {
    // ISA-L takes an int length and does not write through its non-const pointer.
    const auto length =
        std::min<std::size_t>(bytes.size(), std::numeric_limits<int>::max() & ~0xfff);
    state = crc32_iscsi(const_cast<unsigned char*>(bytes.data()), static_cast<int>(length), state);
    bytes = bytes.subspan(length);
  }
  return ~state;
}

}  // namespace moldau
