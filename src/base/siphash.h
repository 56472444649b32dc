#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace moldau {

struct Hash128 {
  std::uint64_t low{0};
  std::uint64_t high{0};
  bool operator==(const Hash128&) const = default;
};

/// Secret of a keyed hash: who does not know it cannot make two inputs collide.
struct SipKey {
  std::uint64_t low{0};
  std::uint64_t high{0};
};

/// SipHash-2-4 with 128 bits of output, as its authors published it.
Hash128 siphash128(const SipKey& key, Bytes bytes);

}  // namespace moldau
