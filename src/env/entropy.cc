#include "env/entropy.h"

#include <array>

#include "base/endian.h"

namespace moldau::env {

Uuid Entropy::uuid() {
  for (;;) {
    Uuid uuid;
    fill(uuid.bytes);
    uuid.bytes[6] = static_cast<std::uint8_t>((uuid.bytes[6] & 0x0f) | 0x40);
    uuid.bytes[8] = static_cast<std::uint8_t>((uuid.bytes[8] & 0x3f) | 0x80);
    // '-' would make the text look like an option on a command line; Kafka avoids it too.
    if (!uuid.to_string().starts_with('-')) return uuid;
  }
}

Prng Entropy::prng() {
  std::array<std::uint8_t, 8> seed{};
  fill(seed);
  return Prng(load_be<std::uint64_t>(seed.data()));
}

}  // namespace moldau::env
