#include "records/compression.h"

#include <lz4frame.h>
#include <zstd.h>

#include "base/endian.h"
#include "records/test_batches.h"
#include "records/zstd_frames.h"

namespace moldau::records {
namespace {

using testing::compressible;
using testing::from_hex;
using testing::to_vector;

constexpr Codec codecs[] = {Codec::gzip, Codec::snappy, Codec::lz4, Codec::zstd};
constexpr std::size_t limit = 4 << 20;

TEST(Compression, every_codec_round_trips_every_size) {
  Decompressor decompressor;
  for (const Codec codec : codecs) {
    // Around the block sizes of snappy's framing (32 KiB) and lz4 (64 KiB).
    for (const std::size_t size : {0, 1, 2, 100, 32767, 32768, 32769, 65536, 65537, 1 << 20}) {
      const auto input = compressible(size, size);
      const SharedBytes packed = compress(codec, level_default(codec), input).value();
      const auto output = decompressor.decompress(codec, packed.bytes(), limit);
      ASSERT_TRUE(output.has_value()) << name(codec) << size << output.error().to_string();
      EXPECT_EQ(to_vector(*output), input) << name(codec) << size;
    }
  }
}

TEST(Compression, incompressible_input_round_trips) {
  Prng prng(3);
  std::vector<std::uint8_t> input(200'000);
  for (auto& byte : input) byte = static_cast<std::uint8_t>(prng.next());
  for (const Codec codec : codecs) {
    const SharedBytes packed = compress(codec, level_default(codec), input).value();
    EXPECT_EQ(to_vector(decompress(codec, packed.bytes(), limit).value().bytes()), input)
        << name(codec);
  }
}

TEST(Compression, levels_outside_the_range_are_clamped_and_higher_ones_pack_tighter) {
  const auto input = compressible(100'000);
  struct Case {
    Codec codec;
    int low;
    int high;
  };
  for (const Case c : {Case{Codec::gzip, 0, 99}, Case{Codec::lz4, lz4_level_default, 99},
                       Case{Codec::zstd, -1'000'000, 99}}) {
    const SharedBytes low = compress(c.codec, c.low, input).value();
    const SharedBytes high = compress(c.codec, c.high, input).value();
    EXPECT_LT(high.size(), low.size()) << name(c.codec);
    EXPECT_EQ(to_vector(decompress(c.codec, low.bytes(), limit).value().bytes()), input);
    EXPECT_EQ(to_vector(decompress(c.codec, high.bytes(), limit).value().bytes()), input);
  }
}

TEST(Compression, the_limit_is_exact_and_expansion_bombs_hit_it) {
  const std::vector<std::uint8_t> zeros(limit, 0);
  for (const Codec codec : codecs) {
    const SharedBytes bomb = compress(codec, level_default(codec), zeros).value();
    EXPECT_LT(bomb.size(), limit / 15);
    EXPECT_EQ(decompress(codec, bomb.bytes(), limit).value().size(), limit) << name(codec);
    for (const std::size_t size_max : {limit - 1, std::size_t{1}, std::size_t{0}}) {
      const auto refused = decompress(codec, bomb.bytes(), size_max);
      ASSERT_FALSE(refused.has_value()) << name(codec);
      EXPECT_EQ(refused.error().code, Errc::too_large) << name(codec);
    }
  }
}

TEST(Compression, every_truncation_is_corrupt) {
  const auto input = compressible(300);
  for (const Codec codec : codecs) {
    const SharedBytes packed = compress(codec, level_default(codec), input).value();
    for (std::size_t size = 0; size < packed.size(); ++size) {
      const auto result = decompress(codec, to_vector(packed.bytes().first(size)), limit);
      // Xerial's header with no block behind it is a whole stream of nothing.
      if (result && codec == Codec::snappy && size == 16) continue;
      ASSERT_FALSE(result.has_value()) << name(codec) << size;
      EXPECT_EQ(result.error().code, Errc::corrupt);
    }
  }
}

TEST(Compression, a_decompressor_is_usable_after_an_error) {
  Decompressor decompressor;
  const auto input = compressible(5000);
  for (const Codec codec : codecs) {
    const SharedBytes packed = compress(codec, level_default(codec), input).value();
    for (const std::size_t keep : {packed.size() / 2, packed.size() - 1}) {
      EXPECT_FALSE(decompressor.decompress(codec, packed.bytes().first(keep), limit));
      EXPECT_EQ(to_vector(decompressor.decompress(codec, packed.bytes(), limit).value()), input);
    }
  }
}

TEST(Compression, what_was_kept_from_a_large_batch_does_not_raise_the_limit_of_the_next) {
  const auto input = compressible(100'000);
  for (const Codec codec : codecs) {
    Decompressor decompressor;
    const SharedBytes packed = compress(codec, level_default(codec), input).value();
    ASSERT_TRUE(decompressor.decompress(codec, packed.bytes(), limit));
    const auto refused = decompressor.decompress(codec, packed.bytes(), 1000);
    ASSERT_FALSE(refused) << name(codec);
    EXPECT_EQ(refused.error().code, Errc::too_large) << name(codec);
  }
  // One block that claims 1034 bytes and has none: too large before it is malformed.
  const auto liar = from_hex(
      "8a0865656565656565656565656565656565656565656565656565656565656565"
      "656565656565656565656565656565656565");
  Decompressor used;
  ASSERT_TRUE(used.decompress(Codec::snappy, compress(Codec::snappy, 0, input)->bytes(), limit));
  EXPECT_EQ(used.decompress(Codec::snappy, liar, 1000).error().code, Errc::too_large);
  EXPECT_EQ(decompress(Codec::snappy, liar, 1000).error().code, Errc::too_large);
}

TEST(Compression, what_a_large_batch_needed_is_given_back) {
  const std::vector<std::uint8_t> zeros(32 << 20, 0);
  for (const Codec codec : codecs) {
    Decompressor decompressor;
    const SharedBytes large = compress(codec, level_default(codec), zeros).value();
    ASSERT_TRUE(decompressor.decompress(codec, large.bytes(), zeros.size()));
    EXPECT_GE(decompressor.held_bytes(), zeros.size()) << name(codec);
    decompressor.trim();
    EXPECT_LE(decompressor.held_bytes(), Decompressor::codec_kept_max) << name(codec);
    ASSERT_TRUE(decompressor.decompress(codec, large.bytes(), zeros.size()));
    EXPECT_EQ(decompressor.decompress(codec, large.bytes(), zeros.size())->size(), zeros.size());
  }
}

/// A zstd frame without its content size, as a stream writes it.
std::vector<std::uint8_t> zstd_stream(int window_log, std::size_t zeros) {
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, window_log);
  const std::vector<std::uint8_t> input(zeros, 0);
  std::vector<std::uint8_t> output(ZSTD_compressBound(zeros));
  ZSTD_inBuffer in{.src = input.data(), .size = input.size(), .pos = 0};
  ZSTD_outBuffer out{.dst = output.data(), .size = output.size(), .pos = 0};
  ZSTD_compressStream2(context, &out, &in, ZSTD_e_flush);
  EXPECT_EQ(ZSTD_compressStream2(context, &out, &in, ZSTD_e_end), 0U);
  ZSTD_freeCCtx(context);
  output.resize(out.pos);
  return output;
}

TEST(Zstd, no_window_is_taken_whatever_the_frame_asks_for) {
  Decompressor decompressor;
  const auto output = decompressor.decompress(Codec::zstd, zstd_stream(27, 1000), limit);
  ASSERT_TRUE(output);
  EXPECT_EQ(to_vector(*output), std::vector<std::uint8_t>(1000, 0));
  EXPECT_LT(decompressor.held_bytes(), 512U << 10);
}

TEST(Zstd, frames_that_expand_far_are_read_in_growing_outputs) {
  // Many times over the first guess, 16 times the input, with and without a stated size.
  const std::vector<std::uint8_t> zeros(limit - 7, 0);
  const SharedBytes stated = compress(Codec::zstd, 3, zeros).value();
  EXPECT_EQ(decompress(Codec::zstd, stated.bytes(), limit).value().size(), zeros.size());
  EXPECT_EQ(decompress(Codec::zstd, zstd_stream(21, limit), limit).value().size(), limit);
  EXPECT_EQ(decompress(Codec::zstd, zstd_stream(21, limit), limit - 1).error().code,
            Errc::too_large);
}

/// A frame that announces blocks of 4 MiB, also where one would do.
std::vector<std::uint8_t> lz4_with_large_blocks(Bytes input) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.blockSizeID = LZ4F_max4MB;
  preferences.frameInfo.blockMode = LZ4F_blockIndependent;
  LZ4F_cctx* context = nullptr;
  LZ4F_createCompressionContext(&context, LZ4F_VERSION);
  std::vector<std::uint8_t> frame(100 + LZ4F_compressBound(input.size(), &preferences));
  std::size_t size = LZ4F_compressBegin(context, frame.data(), frame.size(), &preferences);
  size += LZ4F_compressUpdate(context, frame.data() + size, frame.size() - size, input.data(),
                              input.size(), nullptr);
  size += LZ4F_compressEnd(context, frame.data() + size, frame.size() - size, nullptr);
  LZ4F_freeCompressionContext(context);
  frame.resize(size);
  return frame;
}

TEST(Lz4, what_large_blocks_needed_is_given_back) {
  const auto input = compressible(1000);
  const auto frame = lz4_with_large_blocks(input);
  Decompressor decompressor;
  ASSERT_TRUE(decompressor.decompress(Codec::lz4, frame, limit));
  EXPECT_GE(decompressor.held_bytes(), 8U << 20);
  decompressor.trim();
  EXPECT_LE(decompressor.held_bytes(), Decompressor::codec_kept_max);
  EXPECT_EQ(to_vector(decompressor.decompress(Codec::lz4, frame, limit).value()), input);
}

TEST(Lz4, a_frame_that_breaks_off_does_not_spoil_the_next) {
  const auto input = compressible(1000);
  const SharedBytes good = compress(Codec::lz4, 9, input).value();
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.blockMode = LZ4F_blockIndependent;
  preferences.frameInfo.contentSize = input.size();
  std::vector<std::uint8_t> stated(LZ4F_compressFrameBound(input.size(), &preferences));
  stated.resize(
      LZ4F_compressFrame(stated.data(), stated.size(), input.data(), input.size(), &preferences));
  Decompressor decompressor;
  for (const std::size_t kept : {stated.size() / 2, std::size_t{15}}) {
    ASSERT_FALSE(decompressor.decompress(Codec::lz4, Bytes(stated).first(kept), limit));
    const auto next = decompressor.decompress(Codec::lz4, good.bytes(), limit);
    ASSERT_TRUE(next) << next.error().to_string();
    EXPECT_EQ(to_vector(*next), input);
  }
}

TEST(Compression, random_bytes_never_crash) {
  Prng prng(4);
  Decompressor decompressor;
  for (int round = 0; round < 4000; ++round) {
    const Codec codec = codecs[prng.below(4)];
    auto bytes =
        compress(codec, level_default(codec), compressible(prng.below(2000), prng.next())).value();
    auto damaged = to_vector(bytes.bytes());
    for (std::uint64_t i = 0; i < 1 + prng.below(5) && !damaged.empty(); ++i) {
      damaged[prng.below(damaged.size())] = static_cast<std::uint8_t>(prng.next());
    }
    const auto result = decompressor.decompress(codec, damaged, 64 << 10);
    if (result) EXPECT_LE(result->size(), 64u << 10);
  }
}

TEST(Snappy, is_written_in_xerial_framing_of_32_kib_blocks) {
  const SharedBytes packed = compress(Codec::snappy, 0, compressible(32769)).value();
  const auto header = from_hex("82534e41505059000000000100000001");
  EXPECT_EQ(to_vector(packed.bytes().first(16)), header);
  const auto first_block = load_be<std::int32_t>(packed.data() + 16);
  const auto second_at = 20 + static_cast<std::size_t>(first_block);
  const auto second_block = load_be<std::int32_t>(packed.data() + second_at);
  EXPECT_EQ(second_at + 4 + static_cast<std::size_t>(second_block), packed.size());
}

TEST(Snappy, raw_blocks_of_old_clients_and_joined_streams_are_read) {
  const auto input = compressible(1000);
  const SharedBytes framed = compress(Codec::snappy, 0, input).value();
  const Bytes raw = framed.bytes().subspan(20);
  EXPECT_EQ(to_vector(decompress(Codec::snappy, raw, limit).value().bytes()), input);

  auto joined = to_vector(framed.bytes());
  joined.insert(joined.end(), framed.bytes().begin(), framed.bytes().end());
  auto twice = input;
  twice.insert(twice.end(), input.begin(), input.end());
  EXPECT_EQ(to_vector(decompress(Codec::snappy, joined, limit).value().bytes()), twice);
}

TEST(Snappy, a_block_that_lies_about_its_size_costs_no_memory) {
  // Claims 2 GiB, then nothing that could make them.
  EXPECT_EQ(decompress(Codec::snappy, from_hex("ffffffff070000"), 0x7fffffff).error().code,
            Errc::corrupt);
  EXPECT_EQ(decompress(Codec::snappy,
                       from_hex("82534e4150505900000000010000000100000007ffffffff070000"), limit)
                .error()
                .code,
            Errc::corrupt);
}

TEST(Gzip, joined_members_are_read_and_garbage_behind_them_is_not) {
  const auto input = compressible(1000);
  auto packed = to_vector(compress(Codec::gzip, 6, input).value().bytes());
  const auto once = packed;
  packed.insert(packed.end(), once.begin(), once.end());
  EXPECT_EQ(decompress(Codec::gzip, packed, limit).value().size(), 2000u);
  packed.push_back(0);
  EXPECT_EQ(decompress(Codec::gzip, packed, limit).error().code, Errc::corrupt);
}

TEST(Lz4, frames_have_independent_64_kib_blocks_and_a_right_header_checksum) {
  const SharedBytes packed = compress(Codec::lz4, lz4_level_default, compressible(100)).value();
  // As Java writes it: no content size, no checksums, block size 4.
  EXPECT_EQ(to_vector(packed.bytes().first(7)), from_hex("04224d18604082"));
}

TEST(Lz4, frames_that_java_could_not_read_are_refused) {
  const auto good = to_vector(compress(Codec::lz4, 9, compressible(100)).value().bytes());
  auto wrong_checksum = good;
  wrong_checksum[6] ^= 1;
  EXPECT_EQ(decompress(Codec::lz4, wrong_checksum, limit).error().code, Errc::corrupt);
  auto longer = good;
  longer.push_back(0);
  EXPECT_EQ(decompress(Codec::lz4, longer, limit).error().code, Errc::corrupt);
}

TEST(Lz4, frames_of_linked_blocks_are_refused) {
  const auto input = compressible(200'000);
  for (const auto mode : {LZ4F_blockIndependent, LZ4F_blockLinked}) {
    LZ4F_preferences_t preferences{};
    preferences.frameInfo.blockMode = mode;
    std::vector<std::uint8_t> frame(LZ4F_compressFrameBound(input.size(), &preferences));
    frame.resize(
        LZ4F_compressFrame(frame.data(), frame.size(), input.data(), input.size(), &preferences));
    EXPECT_EQ(decompress(Codec::lz4, frame, limit).has_value(), mode == LZ4F_blockIndependent);
  }
}

TEST(Lz4, magic_0_ignores_the_header_checksum_that_old_clients_got_wrong) {
  const auto input = compressible(100);
  auto packed = to_vector(compress(Codec::lz4, 9, input).value().bytes());
  packed[6] ^= 1;
  Decompressor decompressor;
  EXPECT_EQ(to_vector(decompressor.decompress_magic_0(Codec::lz4, packed, limit).value()), input);
  EXPECT_FALSE(decompressor.decompress(Codec::lz4, packed, limit));
}

TEST(Zstd, frames_without_a_stated_size_and_joined_frames_are_read) {
  // Java streams its frames: they do not state their size.
  const auto java = from_hex(testing::java_zstd);
  const Bytes area = Bytes(java).subspan(batch_header_size);
  const auto once = decompress(Codec::zstd, area, limit).value();
  auto joined = to_vector(area);
  joined.insert(joined.end(), area.begin(), area.end());
  EXPECT_EQ(decompress(Codec::zstd, joined, limit).value().size(), 2 * once.size());
  EXPECT_EQ(decompress(Codec::zstd, joined, 2 * once.size() - 1).error().code, Errc::too_large);
}

TEST(Zstd, a_window_beyond_the_limit_is_refused) {
  // Frame header: no content size, window descriptor for 2^31 bytes; then one empty last block.
  EXPECT_EQ(decompress(Codec::zstd, from_hex("28b52ffd00a8010000"), limit).error().code,
            Errc::corrupt);
}

TEST(Zstd, a_frame_that_lies_about_its_size_costs_no_memory) {
  // A single segment that states 2^62 bytes, or 1 MiB, and one raw block without any.
  for (const auto* lie : {"28b52ffde00000000000000040010000", "28b52ffda000001000010000"}) {
    Decompressor decompressor;
    EXPECT_EQ(decompressor.decompress(Codec::zstd, from_hex(lie), limit).error().code,
              Errc::corrupt);
    EXPECT_LT(decompressor.held_bytes(), 512U << 10);
  }
  // Blocks of 4 bytes that claim to be compressed could hold 128 KiB each, and hold nothing.
  auto blocks = from_hex("28b52ffd0038");
  for (int i = 0; i < 1000; ++i) blocks.insert(blocks.end(), {0x0c, 0x00, 0x00, 0xff});
  blocks[blocks.size() - 4] |= 1;  // the last one
  ASSERT_GT(zstd_output_max(blocks).value(), 100U << 20);
  Decompressor decompressor;
  EXPECT_EQ(decompressor.decompress(Codec::zstd, blocks, uncompressed_bytes_max).error().code,
            Errc::corrupt);
  EXPECT_LT(decompressor.held_bytes(), 512U << 10);
}

TEST(Zstd, block_headers_tell_the_most_that_frames_expand_to) {
  const auto most = [](const char* hex) { return zstd_output_max(from_hex(hex)); };
  // Window 1 KiB; a raw block of 3, a run of 5, a compressed block of 1, checksum.
  EXPECT_EQ(most("28b52ffd0400"
                 "180000aabbcc"
                 "2a0000dd"
                 "0d0000ee"
                 "01020304")
                .value(),
            3 + 5 + 1024);
  // Two frames and a skippable one; the second states 2 bytes, fewer than its block could hold.
  EXPECT_EQ(most("28b52ffd0058"
                 "190000aabbcc"
                 "502a4d1802000000ffff"
                 "28b52ffd2002"
                 "0d0000ee")
                .value(),
            3 + 2);
  EXPECT_EQ(most("28b52ffd6001000d0000ee").value(), 257U) << "a size of two bytes counts from 256";
  for (const auto* broken : {"28b52f", "28b52ffd", "28b52ffd00", "28b52ffd0058", "28b52ffd00580100",
                             "28b52ffd0058190000aabb", "28b52ffd0058180000aabbcc",
                             "28b52ffd0458190000aabbcc010203", "28b52ffd0058070000",
                             "28b52ffd00890100"
                             "00",
                             "00000000", "502a4d1803000000ffff"}) {
    EXPECT_EQ(most(broken).error().code, Errc::corrupt) << broken;
  }
}

}  // namespace
}  // namespace moldau::records
