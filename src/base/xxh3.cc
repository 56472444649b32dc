#include "base/xxh3.h"

#include <array>
#include <bit>
#include <cstddef>

#include "base/endian.h"

namespace moldau {
namespace {

constexpr std::uint64_t prime32_1 = 0x9e3779b1;
constexpr std::uint64_t prime32_2 = 0x85ebca77;
constexpr std::uint64_t prime32_3 = 0xc2b2ae3d;
constexpr std::uint64_t prime64_1 = 0x9e3779b185ebca87;
constexpr std::uint64_t prime64_2 = 0xc2b2ae3d27d4eb4f;
constexpr std::uint64_t prime64_3 = 0x165667b19e3779f9;
constexpr std::uint64_t prime64_4 = 0x85ebca77c2b2ae63;
constexpr std::uint64_t prime64_5 = 0x27d4eb2f165667c5;

/// The secret of the format.
constexpr std::array<std::uint8_t, 192> secret{
    0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c, 0xf7, 0x21, 0xad, 0x1c,
    0xde, 0xd4, 0x6d, 0xe9, 0x83, 0x90, 0x97, 0xdb, 0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f,
    0xcb, 0x79, 0xe6, 0x4e, 0xcc, 0xc0, 0xe5, 0x78, 0x82, 0x5a, 0xd0, 0x7d, 0xcc, 0xff, 0x72, 0x21,
    0xb8, 0x08, 0x46, 0x74, 0xf7, 0x43, 0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6, 0x81, 0x3a, 0x26, 0x4c,
    0x3c, 0x28, 0x52, 0xbb, 0x91, 0xc3, 0x00, 0xcb, 0x88, 0xd0, 0x65, 0x8b, 0x1b, 0x53, 0x2e, 0xa3,
    0x71, 0x64, 0x48, 0x97, 0xa2, 0x0d, 0xf9, 0x4e, 0x38, 0x19, 0xef, 0x46, 0xa9, 0xde, 0xac, 0xd8,
    0xa8, 0xfa, 0x76, 0x3f, 0xe3, 0x9c, 0x34, 0x3f, 0xf9, 0xdc, 0xbb, 0xc7, 0xc7, 0x0b, 0x4f, 0x1d,
    0x8a, 0x51, 0xe0, 0x4b, 0xcd, 0xb4, 0x59, 0x31, 0xc8, 0x9f, 0x7e, 0xc9, 0xd9, 0x78, 0x73, 0x64,
    0xea, 0xc5, 0xac, 0x83, 0x34, 0xd3, 0xeb, 0xc3, 0xc5, 0x81, 0xa0, 0xff, 0xfa, 0x13, 0x63, 0xeb,
    0x17, 0x0d, 0xdd, 0x51, 0xb7, 0xf0, 0xda, 0x49, 0xd3, 0x16, 0x55, 0x26, 0x29, 0xd4, 0x68, 0x9e,
    0x2b, 0x16, 0xbe, 0x58, 0x7d, 0x47, 0xa1, 0xfc, 0x8f, 0xf8, 0xb8, 0xd1, 0x7a, 0xd0, 0x31, 0xce,
    0x45, 0xcb, 0x3a, 0x8f, 0x95, 0x16, 0x04, 0x28, 0xaf, 0xd7, 0xfb, 0xca, 0xbb, 0x4b, 0x40, 0x7e,
};
static_assert(secret.back() == 0x7e);

constexpr std::size_t stripe_size = 64;
constexpr std::size_t stripes_per_block = (secret.size() - stripe_size) / 8;
constexpr std::size_t block_size = stripes_per_block * stripe_size;
using Lanes = std::array<std::uint64_t, 8>;

/// Little-endian: the byte order of the format.
std::uint64_t read64(const std::uint8_t* at) {
  return __builtin_bswap64(load_be<std::uint64_t>(at));
}
std::uint64_t read32(const std::uint8_t* at) {
  return __builtin_bswap32(load_be<std::uint32_t>(at));
}
std::uint64_t key64(std::size_t at) {
  return read64(secret.data() + at);
}

std::uint64_t multiply_and_fold(std::uint64_t a, std::uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t avalanche(std::uint64_t hash) {
  hash ^= hash >> 37;
  hash *= 0x165667919e3779f9;
  return hash ^ hash >> 32;
}

std::uint64_t avalanche_64(std::uint64_t hash) {
  hash ^= hash >> 33;
  hash *= prime64_2;
  hash ^= hash >> 29;
  hash *= prime64_3;
  return hash ^ hash >> 32;
}

std::uint64_t mix_16(const std::uint8_t* in, std::size_t key) {
  return multiply_and_fold(read64(in) ^ key64(key), read64(in + 8) ^ key64(key + 8));
}

std::uint64_t hash_to_16(const std::uint8_t* in, std::size_t size) {
  if (size > 8) {
    const std::uint64_t low = read64(in) ^ key64(24) ^ key64(32);
    const std::uint64_t high = read64(in + size - 8) ^ key64(40) ^ key64(48);
    return avalanche(size + __builtin_bswap64(low) + high + multiply_and_fold(low, high));
  }
  if (size >= 4) {
    std::uint64_t hash = read32(in + size - 4) + (read32(in) << 32);
    hash ^= key64(8) ^ key64(16);
    hash ^= std::rotl(hash, 49) ^ std::rotl(hash, 24);
    hash *= 0x9fb21c651e98df25;
    hash ^= (hash >> 35) + size;
    hash *= 0x9fb21c651e98df25;
    return hash ^ hash >> 28;
  }
  if (size > 0) {
    const std::uint64_t combined = static_cast<std::uint64_t>(in[0]) << 16 |
                                   static_cast<std::uint64_t>(in[size / 2]) << 24 | in[size - 1] |
                                   size << 8;
    return avalanche_64(combined ^ read32(secret.data()) ^ read32(secret.data() + 4));
  }
  return avalanche_64(key64(56) ^ key64(64));
}

std::uint64_t hash_to_128(const std::uint8_t* in, std::size_t size) {
  std::uint64_t sum = size * prime64_1;
  for (std::size_t i = (size - 1) / 32 + 1; i-- > 0;) {
    sum += mix_16(in + 16 * i, 32 * i) + mix_16(in + size - 16 * (i + 1), 32 * i + 16);
  }
  return avalanche(sum);
}

std::uint64_t hash_to_240(const std::uint8_t* in, std::size_t size) {
  constexpr std::size_t first_rounds = 8;
  std::uint64_t sum = size * prime64_1;
  for (std::size_t i = 0; i < first_rounds; ++i) sum += mix_16(in + 16 * i, 16 * i);
  sum = avalanche(sum);
  for (std::size_t i = first_rounds; i < size / 16; ++i) {
    sum += mix_16(in + 16 * i, 16 * (i - first_rounds) + 3);
  }
  return avalanche(sum + mix_16(in + size - 16, 136 - 17));
}

void accumulate(Lanes& lanes, const std::uint8_t* in, std::size_t key) {
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    const std::uint64_t data = read64(in + 8 * i);
    const std::uint64_t keyed = data ^ key64(key + 8 * i);
    lanes[i ^ 1] += data;
    lanes[i] += (keyed & 0xffff'ffff) * (keyed >> 32);
  }
}

void scramble(Lanes& lanes) {
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    lanes[i] ^= lanes[i] >> 47 ^ key64(secret.size() - stripe_size + 8 * i);
    lanes[i] *= prime32_1;
  }
}

std::uint64_t hash_long(const std::uint8_t* in, std::size_t size) {
  Lanes lanes{prime32_3, prime64_1, prime64_2, prime64_3,
              prime64_4, prime32_2, prime64_5, prime32_1};
  const std::size_t blocks = (size - 1) / block_size;
  for (std::size_t block = 0; block < blocks; ++block, in += block_size) {
    for (std::size_t i = 0; i < stripes_per_block; ++i)
      accumulate(lanes, in + stripe_size * i, 8 * i);
    scramble(lanes);
  }
  const std::size_t rest = size - blocks * block_size;
  for (std::size_t i = 0; i < (rest - 1) / stripe_size; ++i) {
    accumulate(lanes, in + stripe_size * i, 8 * i);
  }
  accumulate(lanes, in + rest - stripe_size, secret.size() - stripe_size - 7);

  std::uint64_t hash = size * prime64_1;
  for (std::size_t i = 0; i < lanes.size(); i += 2) {
    hash += multiply_and_fold(lanes[i] ^ key64(11 + 8 * i), lanes[i + 1] ^ key64(19 + 8 * i));
  }
  return avalanche(hash);
}

}  // namespace

std::uint64_t xxh3_64(Bytes bytes) {
  const std::uint8_t* const in = bytes.data();
  if (bytes.size() <= 16) return hash_to_16(in, bytes.size());
  if (bytes.size() <= 128) return hash_to_128(in, bytes.size());
  if (bytes.size() <= 240) return hash_to_240(in, bytes.size());
  return hash_long(in, bytes.size());
}

}  // namespace moldau
