#include "base/xxh3.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace moldau {
namespace {

struct Known {
  std::size_t size;
  std::uint64_t hash;
};

/// What hash4j 0.22, which Kafka uses, says of bytes 3, 10, 17, ...: each size class and its edges.
constexpr Known known_hashes[] = {
    {0, 0x2d06800538d394c2U},    {1, 0x13e608bc156defedU},    {2, 0x1c9074b93943b86cU},
    {3, 0xa9088dda485b481cU},    {4, 0x6d9253b16c8b1ed3U},    {5, 0x998620e10e3a4b37U},
    {8, 0x60539db630471163U},    {9, 0xfeff668361d723a8U},    {12, 0x6829454be0cc3199U},
    {16, 0xb8c859b0f030b585U},   {17, 0x714a04408e79b80fU},   {32, 0x19ff4ee1d6ba1a55U},
    {33, 0x3e44983ad21679c8U},   {64, 0x287eb1fa9e4be2c1U},   {65, 0x829218de4d798646U},
    {96, 0xf084e7cfbc624743U},   {97, 0x1daa83271a8e7b7cU},   {128, 0x67425a03650261bfU},
    {129, 0xc664bf3311c6abc4U},  {160, 0xd70dea8de694b883U},  {200, 0x746cd0025327bf5bU},
    {240, 0x64556dc6b462a6cfU},  {241, 0x8beadd3a8874fe17U},  {256, 0x3c38817f6d79c0daU},
    {512, 0xf58202b8d9019d1dU},  {1023, 0xd26986a0b85dcc44U}, {1024, 0x9b81661c641c72b1U},
    {1025, 0x806c2072ed713576U}, {1088, 0x2f8781e01841f0daU}, {2048, 0xabe604813ba62ed1U},
    {3000, 0xc89178bb873c6b3dU}, {5000, 0x799aaddd7339581dU},
};

TEST(Xxh3, hashes_as_the_library_that_kafka_uses) {
  for (const Known& known : known_hashes) {
    std::vector<std::uint8_t> bytes(known.size);
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 + 3);
    EXPECT_EQ(xxh3_64(bytes), known.hash) << "size " << known.size;
  }
}

}  // namespace
}  // namespace moldau
