#pragma once

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/prng.h"
#include "records/builder.h"

/// Batches for the tests of this room. The java_* ones were written by kafka-clients 4.4.0.
namespace moldau::records::testing {

inline std::vector<std::uint8_t> from_hex(std::string_view hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(digit(hex[i]) << 4 | digit(hex[i + 1])));
  }
  return bytes;
}

inline std::vector<std::uint8_t> to_vector(Bytes bytes) {
  return {bytes.begin(), bytes.end()};
}

/// Text with repetitions, of any size.
inline std::vector<std::uint8_t> compressible(std::size_t size, std::uint64_t seed = 1) {
  Prng prng(seed);
  std::vector<std::uint8_t> bytes;
  while (bytes.size() < size) {
    bytes.insert(bytes.end(), 1 + prng.below(20), static_cast<std::uint8_t>(prng.below(64)));
  }
  bytes.resize(size);
  return bytes;
}

/// `count` records with keys and values, timestamps 1000, 1001, ...
inline SharedBytes sample_batch(BatchOptions options = {}, int count = 3) {
  BatchBuilder builder(options);
  for (int i = 0; i < count; ++i) {
    const std::string key = fmt::format("key-{}", i);
    const std::string value = fmt::format("value-{}", i);
    builder.append({.timestamp = 1000 + i, .key = as_bytes(key), .value = as_bytes(value)});
  }
  return std::move(builder).build();
}

/// Offsets 100 to 102, leader epoch 7, producer 4000 epoch 3 sequence 17, transactional:
/// {1700000000000, key-0, value-0}, {1700000000500, null, value-1, headers h1=x and h2=null},
/// {1699999999999, key-2, null}.
inline constexpr std::string_view java_none =
    "000000000000006400000068000000070233ef9b360010000000020000018bcfe568000000018bcfe569f400"
    "00000000000fa000030000001100000003240000000a6b65792d300e76616c75652d30002e00e80702010e76"
    "616c75652d3104046831027804683201160001040a6b65792d320100";
inline constexpr std::string_view java_gzip =
    "00000000000000640000007400000007027cf339710011000000020000018bcfe568000000018bcfe569f400"
    "00000000000fa0000300000011000000031f8b08000000000000ff53616060e0ca4eadd435e02b4bcc294dd5"
    "3560d06378c1cec408e51ab2b064183255b06418318a3130b280951a31320000d4a9ee5537000000";
inline constexpr std::string_view java_snappy =
    "00000000000000640000007a0000000702edd4d29a0012000000020000018bcfe568000000018bcfe569f400"
    "00000000000fa00003000000110000000382534e41505059000000000100000001000000353760240000000a"
    "6b65792d300e76616c75652d30002e00e80702010d0f583104046831027804683201160001040a6b65792d32"
    "0100";
inline constexpr std::string_view java_lz4 =
    "0000000000000064000000760000000702f3c794ba0013000000020000018bcfe568000000018bcfe569f400"
    "00000000000fa00003000000110000000304224d1860408236000000f30a240000000a6b65792d300e76616c"
    "75652d30002e00e80702010f00f0083104046831027804683201160001040a6b65792d32010000000000";
inline constexpr std::string_view java_zstd =
    "000000000000006400000074000000070246aa40fb0014000000020000018bcfe568000000018bcfe569f400"
    "00000000000fa00003000000110000000328b52ffd0058b80100240000000a6b65792d300e76616c75652d30"
    "002e00e80702010e76616c75652d3104046831027804683201160001040a6b65792d320100010000";

/// Commit, coordinator epoch 9, producer 4000 epoch 3, timestamp 1700000000000, leader epoch 5.
inline constexpr std::string_view java_commit_marker =
    "00000000000000000000004200000005023a9760040030000000000000018bcfe568000000018bcfe5680000"
    "00000000000fa00003ffffffff000000012000000008000000010c00000000000900";

/// Old formats, offsets 50 to 52: {1000, a, 1}, {2000, null, 2}, {1500, c, null}.
inline constexpr std::string_view java_v0_none =
    "00000000000000320000001056cf205f00000000000161000000013100000000000000330000000fa3bd3a7c"
    "0000ffffffff000000013200000000000000340000000fa0f24f3700000000000163ffffffff";
inline constexpr std::string_view java_v0_gzip =
    "000000000000003400000053a568014f0001ffffffff000000451f8b08000000000000ff6360000323201608"
    "3baf100fe631268208438814833110f32fde6b55c3c0f01f0840524650291390d4824ffee6106dc9207900b5"
    "1e99d652000000";
inline constexpr std::string_view java_v0_lz4 =
    "0000000000000034000000671cc1d6e30003ffffffff0000005904224d1860401a4a00000012000100913200"
    "00001056cf205f0f0071016100000001310c00f0020000330000000fa3bd3a7c0000ffffffff1b00002f0000"
    "020010341b00f000a0f24f3700000000000163ffffffff00000000";
inline constexpr std::string_view java_v1_none =
    "000000000000003200000018adc0d6e9010000000000000003e8000000016100000001310000000000000033"
    "00000017b3fa586d010000000000000007d0ffffffff0000000132000000000000003400000017f2e5746901"
    "0000000000000005dc0000000163ffffffff";
inline constexpr std::string_view java_v1_gzip =
    "000000000000003400000063a83d8619010100000000000007d0ffffffff0000004d1f8b08000000000000ff"
    "6360800389b507aebd648472985f0009c644106108150249896ffe15910b53c37ee13f1080648ca0224c2025"
    "9f9e9664c294b0de01492783d40100a9b762cc6a000000";
inline constexpr std::string_view java_v1_snappy =
    "00000000000000340000007a17ff6f19010200000000000007d0ffffffff0000006482534e41505059000000"
    "000100000001000000506a000019011418adc0d6e9010d101803e80000000161010500310d13011b1017b3fa"
    "586d010901011407d0ffffffff01230032010f2c0000000200000017f2e5746911232805dc0000000163ffff"
    "ffff";
inline constexpr std::string_view java_v1_lz4 =
    "0000000000000034000000766a7c9f34010300000000000007d0ffffffff0000006004224d18604082510000"
    "00160001006318adc0d6e90110007003e80000000161050013311300001b005017b3fa586d09000002006007"
    "d0ffffffff230010320f00c40000000200000017f2e574692300b005dc0000000163ffffffff00000000";

}  // namespace moldau::records::testing
