#include "records/compression.h"

#include <lz4frame.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>

#include "base/endian.h"
#include "records/compression_format.h"

namespace moldau::records {

std::string_view name(Codec codec) {
  switch (codec) {
    case Codec::none:
      return "none";
    case Codec::gzip:
      return "gzip";
    case Codec::snappy:
      return "snappy";
    case Codec::lz4:
      return "lz4";
    case Codec::zstd:
      return "zstd";
  }
  CHECK(false, "codec {}", static_cast<int>(codec));
}

std::optional<Codec> codec_from_id(int id) {
  if (id < 0 || id > static_cast<int>(Codec::zstd)) return std::nullopt;
  return static_cast<Codec>(id);
}

int level_default(Codec codec) {
  switch (codec) {
    case Codec::gzip:
      return gzip_level_default;
    case Codec::lz4:
      return lz4_level_default;
    case Codec::zstd:
      return zstd_level_default;
    case Codec::none:
    case Codec::snappy:
      return 0;
  }
  CHECK(false, "codec {}", static_cast<int>(codec));
}

namespace {

SharedBytes first(Block block, std::size_t size) {
  return SharedBytes(std::move(block)).slice(0, size);
}

Result<SharedBytes> compress_gzip(int level, Bytes input) {
  if (level != gzip_level_default) level = std::clamp(level, gzip_level_min, gzip_level_max);
  z_stream stream{};
  int rc = deflateInit2(&stream, level, Z_DEFLATED, gzip_window_bits, gzip_memory_level,
                        Z_DEFAULT_STRATEGY);
  CHECK(rc == Z_OK, "deflateInit2: {}", rc);
  Block output(deflateBound(&stream, input.size()));
  // zlib does not write through its non-const pointer.
  stream.next_in = const_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = output.bytes().data();
  stream.avail_out = static_cast<uInt>(output.size());
  rc = deflate(&stream, Z_FINISH);
  const std::size_t size = stream.total_out;
  deflateEnd(&stream);
  CHECK(rc == Z_STREAM_END, "deflate of {} bytes: {}", input.size(), rc);
  return first(std::move(output), size);
}

Result<SharedBytes> compress_snappy(Bytes input) {
  const std::size_t blocks = (input.size() + xerial_block_size - 1) / xerial_block_size;
  const std::size_t block_bound = 4 + snappy_max_compressed_length(xerial_block_size);
  Block output(xerial_header_size + blocks * block_bound);
  std::uint8_t* to = output.bytes().data();
  std::memcpy(to, xerial_magic.data(), xerial_magic.size());
  store_be(to + xerial_magic.size(), xerial_version);
  store_be(to + xerial_magic.size() + 4, xerial_version);
  std::size_t position = xerial_header_size;
  while (!input.empty()) {
    const Bytes block = input.first(std::min(input.size(), xerial_block_size));
    input = input.subspan(block.size());
    std::size_t size = output.size() - position - 4;
    const snappy_status status =
        snappy_compress(reinterpret_cast<const char*>(block.data()), block.size(),
                        reinterpret_cast<char*>(to + position + 4), &size);
    CHECK(status == SNAPPY_OK, "snappy_compress: {}", static_cast<int>(status));
    store_be(to + position, static_cast<std::int32_t>(size));
    position += 4 + size;
  }
  return first(std::move(output), position);
}

/// lz4-java's level 9, the default, is its fast compressor; any other level its high one.
int lz4_frame_level(int level) {
  constexpr int high_level_min = 3;
  constexpr int high_level_max = 12;
  if (level == lz4_level_default) return 0;
  return std::clamp(level, high_level_min, high_level_max);
}

Result<SharedBytes> compress_lz4(int level, Bytes input) {
  LZ4F_preferences_t preferences{};
  preferences.frameInfo.blockSizeID = LZ4F_max64KB;
  preferences.frameInfo.blockMode = LZ4F_blockIndependent;
  preferences.compressionLevel = lz4_frame_level(level);
  Block output(LZ4F_compressFrameBound(input.size(), &preferences));
  const std::size_t size = LZ4F_compressFrame(output.bytes().data(), output.size(), input.data(),
                                              input.size(), &preferences);
  CHECK(!LZ4F_isError(size), "LZ4F_compressFrame: {}", LZ4F_getErrorName(size));
  return first(std::move(output), size);
}

Result<SharedBytes> compress_zstd(int level, Bytes input) {
  Block output(ZSTD_compressBound(input.size()));
  const std::size_t size =
      ZSTD_compress(output.bytes().data(), output.size(), input.data(), input.size(),
                    std::clamp(level, zstd_level_min, zstd_level_max));
  CHECK(!ZSTD_isError(size), "ZSTD_compress: {}", ZSTD_getErrorName(size));
  return first(std::move(output), size);
}

}  // namespace

Result<SharedBytes> compress(Codec codec, int level, Bytes input) {
  if (input.size() > codec_input_max) {
    return fail(Errc::too_large, fmt::format("{} bytes to compress", input.size()));
  }
  switch (codec) {
    case Codec::none:
      return SharedBytes::copy(input);
    case Codec::gzip:
      return compress_gzip(level, input);
    case Codec::snappy:
      return compress_snappy(input);
    case Codec::lz4:
      return compress_lz4(level, input);
    case Codec::zstd:
      return compress_zstd(level, input);
  }
  CHECK(false, "codec {}", static_cast<int>(codec));
}

}  // namespace moldau::records
