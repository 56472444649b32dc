#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace moldau::records {

/// Most bytes that go into a codec at once: a batch's length is an int32, and so are the counters
/// of some codecs.
inline constexpr std::size_t codec_input_max = 0x7fff'ffff;

/// zlib: the largest window, and 16 for a gzip header and trailer around it.
inline constexpr int gzip_window_bits = 15 + 16;
inline constexpr int gzip_memory_level = 8;

/// Framing of the Java library snappy-java: magic, version and compatible version (both int32 1),
/// then blocks of int32 length (big-endian) and raw snappy. The header may come again between
/// blocks, where streams were joined.
inline constexpr std::array<std::uint8_t, 8> xerial_magic = {0x82, 'S', 'N', 'A',
                                                             'P',  'P', 'Y', 0x00};
inline constexpr std::int32_t xerial_version = 1;
inline constexpr std::size_t xerial_header_size = 16;
inline constexpr std::size_t xerial_block_size = 32 << 10;

/// LZ4 frame: magic (little-endian), FLG, BD, optional content size and dictionary id, and the
/// second byte of xxHash32 over everything since FLG.
inline constexpr std::array<std::uint8_t, 4> lz4_magic = {0x04, 0x22, 0x4d, 0x18};
inline constexpr std::size_t lz4_flags_at = 4;
inline constexpr std::size_t lz4_block_size_at = 5;
inline constexpr std::size_t lz4_header_size_min = 7;
inline constexpr std::uint8_t lz4_independent_bit = 0x20;
inline constexpr std::uint8_t lz4_content_size_bit = 0x08;
inline constexpr std::uint8_t lz4_dictionary_bit = 0x01;
/// BD: bits 4 to 6 are 4 for blocks of 64 KiB at most, 5, 6 and 7 for four times as much each.
constexpr std::size_t lz4_block_size(std::uint8_t descriptor) {
  return std::size_t{1} << (8 + 2 * (descriptor >> 4 & 7));
}

/// The largest window that a frame may ask for (128 MiB): the Java client's limit. We need none.
inline constexpr int zstd_window_log_max = 27;

}  // namespace moldau::records
