#include "base/siphash.h"

#include <gtest/gtest.h>

#include <array>
#include <numeric>

namespace moldau {
namespace {

/// Key 00 01 .. 0f, input 00 01 .. of that length: the authors' test vectors.
std::array<std::uint8_t, 16> hash_of(std::size_t length) {
  std::vector<std::uint8_t> input(length);
  std::iota(input.begin(), input.end(), std::uint8_t{0});
  const auto hash = siphash128({0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL}, input);
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<std::uint8_t>(hash.low >> 8 * i);
    bytes[i + 8] = static_cast<std::uint8_t>(hash.high >> 8 * i);
  }
  return bytes;
}

TEST(SipHash, equals_its_authors_vectors) {
  EXPECT_EQ(hash_of(0),
            (std::array<std::uint8_t, 16>{0xa3, 0x81, 0x7f, 0x04, 0xba, 0x25, 0xa8, 0xe6, 0x6d,
                                          0xf6, 0x72, 0x14, 0xc7, 0x55, 0x02, 0x93}));
  EXPECT_EQ(hash_of(1),
            (std::array<std::uint8_t, 16>{0xda, 0x87, 0xc1, 0xd8, 0x6b, 0x99, 0xaf, 0x44, 0x34,
                                          0x76, 0x59, 0x11, 0x9b, 0x22, 0xfc, 0x45}));
}

TEST(SipHash, depends_on_every_byte_on_the_length_and_on_the_key) {
  std::vector<std::uint8_t> input(21, 7);
  const SipKey key{1, 2};
  const auto original = siphash128(key, input);
  for (auto& byte : input) {
    byte ^= 1U;
    EXPECT_NE(siphash128(key, input), original);
    byte ^= 1U;
  }
  EXPECT_NE(siphash128(key, Bytes(input).first(20)), original);
  EXPECT_NE(siphash128({2, 1}, input), original);
  EXPECT_EQ(siphash128(key, input), original);
}

}  // namespace
}  // namespace moldau
