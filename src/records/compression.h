#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"

namespace moldau::records {

/// How the records area of a batch is compressed: bits 0 to 2 of its attributes.
enum class Codec : std::uint8_t { none = 0, gzip = 1, snappy = 2, lz4 = 3, zstd = 4 };

/// Kafka's name: "none", "gzip", "snappy", "lz4", "zstd".
std::string_view name(Codec codec);
/// The codec of an attribute's three bits; null for the ids 5 to 7, which nobody has defined.
std::optional<Codec> codec_from_id(int id);

/// The range of `compression.<codec>.level`, as in Kafka's configuration. gzip also takes its
/// default, -1, which stands for zlib's 6.
inline constexpr int gzip_level_default = -1;
inline constexpr int gzip_level_min = 1;
inline constexpr int gzip_level_max = 9;
inline constexpr int lz4_level_default = 9;
inline constexpr int lz4_level_min = 1;
inline constexpr int lz4_level_max = 17;
inline constexpr int zstd_level_default = 3;
inline constexpr int zstd_level_min = -131072;
inline constexpr int zstd_level_max = 22;

/// The default level; 0 for codecs without levels.
int level_default(Codec codec);

/// Most that one batch may expand to, where the caller has no better number: as much as the largest
/// request (`socket.request.max.bytes`) and some room.
inline constexpr std::size_t uncompressed_bytes_max = std::size_t{128} << 20;

/// Compresses one records area so that Java's, librdkafka's and Go's clients read it: gzip with
/// header and trailer, snappy in xerial's framing, lz4 as a frame of independent 64 KiB blocks,
/// zstd as one frame. The level is clamped to the codec's range. Errors: too_large if the codec
/// cannot take that much at once.
Result<SharedBytes> compress(Codec codec, int level, Bytes input);

/// Decompresses records areas; keeps the codecs' working memory and one output buffer for the next
/// call, so that a worker that owns one allocates nothing in the steady state. Not thread-safe.
class Decompressor {
 public:
  /// What `trim` leaves at most: of the output buffer, and of lz4's two blocks, which are the only
  /// working memory that its input decides about.
  static constexpr std::size_t output_kept_max = 1 << 20;
  static constexpr std::size_t codec_kept_max = 3 << 20;

  Decompressor();
  ~Decompressor();
  Decompressor(Decompressor&&) noexcept;
  Decompressor& operator=(Decompressor&&) noexcept;

  /// The result is valid until the next call; for Codec::none it is the input. No more than
  /// `size_max` and one bytes are ever written, whatever the input claims. Errors: too_large when
  /// there would be more than size_max, corrupt for anything that does not decode to its end.
  Result<Bytes> decompress(Codec codec, Bytes input, std::size_t size_max);

  /// The same for the inner messages of a magic 0 message, whose lz4 frames carry a header checksum
  /// that old clients computed over the wrong bytes (KAFKA-3160): it is not checked.
  Result<Bytes> decompress_magic_0(Codec codec, Bytes input, std::size_t size_max);

  /// Gives back what only a large batch needs; what was decompressed is gone. For owners that may
  /// not be called again for long: one batch may have taken `size_max`, and lz4's blocks beside.
  void trim();
  /// Memory that is held now, codecs included as far as they tell.
  std::size_t held_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// One-off form of Decompressor::decompress, with an output of its own.
Result<SharedBytes> decompress(Codec codec, Bytes input, std::size_t size_max);

}  // namespace moldau::records
