#include "records/compression.h"

#include <lz4frame.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include "base/endian.h"
#include "records/compression_format.h"
#include "records/zstd_frames.h"

namespace moldau::records {
namespace {

constexpr std::size_t output_size_first = 16 << 10;

/// Uninitialised memory that grows by doubling. What may be written ends one byte over the limit,
/// however much memory is kept from before: that byte tells a full output from too large a one.
class Output {
 public:
  void start(std::size_t size_max) {
    size_ = 0;
    size_max_ = size_max;
    trim();
  }
  void trim() {
    if (capacity_ <= Decompressor::output_kept_max) return;
    memory_.reset();
    capacity_ = 0;
    size_ = 0;
  }
  /// Room for at least `more` bytes, or false if that could only be over the limit.
  bool reserve(std::size_t more) {
    if (size_ > limit() || more > limit() - size_) return false;
    if (capacity_ - size_ >= more) return true;
    const std::size_t wanted =
        std::min(limit(), std::max({size_ + more, capacity_ * 2, output_size_first}));
    auto larger = std::make_unique_for_overwrite<std::uint8_t[]>(wanted);
    if (size_ > 0) std::memcpy(larger.get(), memory_.get(), size_);
    memory_ = std::move(larger);
    capacity_ = wanted;
    return true;
  }
  std::uint8_t* end() { return memory_.get() + size_; }
  std::size_t room() const { return std::min(capacity_, limit()) - size_; }
  /// The most that may ever be written.
  std::size_t limit() const { return size_max_ + 1; }
  void advance(std::size_t written) { size_ += written; }
  bool too_large() const { return size_ > size_max_; }
  Bytes bytes() const { return {memory_.get(), size_}; }
  std::size_t capacity() const { return capacity_; }

 private:
  std::unique_ptr<std::uint8_t[]> memory_;
  std::size_t capacity_{0};
  std::size_t size_{0};
  std::size_t size_max_{0};
};

std::unexpected<Error> over_limit(Codec codec) {
  return fail(Errc::too_large, fmt::format("{}: expands beyond the limit", name(codec)));
}
std::unexpected<Error> broken(Codec codec, std::string_view why) {
  return fail(Errc::corrupt, fmt::format("{}: {}", name(codec), why));
}

/// xxHash32 with seed 0 of fewer than 16 bytes: all that a frame header needs.
std::uint32_t xxhash32_short(Bytes input) {
  constexpr std::uint32_t prime_1 = 2654435761u;
  constexpr std::uint32_t prime_2 = 2246822519u;
  constexpr std::uint32_t prime_3 = 3266489917u;
  constexpr std::uint32_t prime_4 = 668265263u;
  constexpr std::uint32_t prime_5 = 374761393u;
  CHECK(input.size() < 16, "{} bytes", input.size());
  std::uint32_t hash = prime_5 + static_cast<std::uint32_t>(input.size());
  for (; input.size() >= 4; input = input.subspan(4)) {
    const std::uint32_t word = std::byteswap(load_be<std::uint32_t>(input.data()));
    hash = std::rotl(hash + word * prime_3, 17) * prime_4;
  }
  for (const std::uint8_t byte : input) hash = std::rotl(hash + byte * prime_5, 11) * prime_1;
  hash = (hash ^ hash >> 15) * prime_2;
  hash = (hash ^ hash >> 13) * prime_3;
  return hash ^ hash >> 16;
}

}  // namespace

struct Decompressor::State {
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (inflating) inflateEnd(&inflater);
    LZ4F_freeDecompressionContext(lz4);
    ZSTD_freeDCtx(zstd);
  }

  Result<> run(Codec codec, Bytes input);
  Result<> gzip(Bytes input);
  Result<> snappy(Bytes input);
  Result<> snappy_block(Bytes input);
  Result<> lz4_frame(Bytes input);
  Result<> lz4_read_frame(Bytes input);
  /// Feeds one piece of a frame; true when the frame has ended with it.
  Result<bool> lz4_feed(Bytes input);
  Result<> zstd_frames(Bytes input);

  Output output;
  z_stream inflater{};
  bool inflating{false};
  LZ4F_dctx* lz4{nullptr};
  std::size_t lz4_bytes{0};  // that `lz4` holds: two of the largest blocks that it has met
  ZSTD_DCtx* zstd{nullptr};
  bool lz4_checks_header{true};
};

Decompressor::Decompressor() : state_(std::make_unique<State>()) {}
Decompressor::~Decompressor() = default;
Decompressor::Decompressor(Decompressor&&) noexcept = default;
Decompressor& Decompressor::operator=(Decompressor&&) noexcept = default;

Result<Bytes> Decompressor::decompress(Codec codec, Bytes input, std::size_t size_max) {
  if (input.size() > codec_input_max) {
    return fail(Errc::too_large, fmt::format("{} compressed bytes", input.size()));
  }
  if (codec == Codec::none) {
    if (input.size() > size_max) return over_limit(codec);
    return input;
  }
  state_->output.start(std::min(size_max, codec_input_max));
  TRY(state_->run(codec, input));
  if (state_->output.too_large()) return over_limit(codec);
  return state_->output.bytes();
}

Result<Bytes> Decompressor::decompress_magic_0(Codec codec, Bytes input, std::size_t size_max) {
  state_->lz4_checks_header = false;
  Result<Bytes> result = decompress(codec, input, size_max);
  state_->lz4_checks_header = true;
  return result;
}

void Decompressor::trim() {
  State& state = *state_;
  state.output.trim();
  if (state.lz4_bytes > codec_kept_max) {
    LZ4F_freeDecompressionContext(std::exchange(state.lz4, nullptr));
    state.lz4_bytes = 0;
  }
}

std::size_t Decompressor::held_bytes() const {
  return state_->output.capacity() + ZSTD_sizeof_DCtx(state_->zstd) + state_->lz4_bytes;
}

Result<SharedBytes> decompress(Codec codec, Bytes input, std::size_t size_max) {
  Decompressor decompressor;
  return SharedBytes::copy(TRY(decompressor.decompress(codec, input, size_max)));
}

Result<> Decompressor::State::run(Codec codec, Bytes input) {
  switch (codec) {
    case Codec::none:
      break;
    case Codec::gzip:
      return gzip(input);
    case Codec::snappy:
      return snappy(input);
    case Codec::lz4:
      return lz4_frame(input);
    case Codec::zstd:
      return zstd_frames(input);
  }
  CHECK(false, "codec {}", static_cast<int>(codec));
}

Result<> Decompressor::State::gzip(Bytes input) {
  if (!inflating) {
    const int rc = inflateInit2(&inflater, gzip_window_bits);
    CHECK(rc == Z_OK, "inflateInit2: {}", rc);
    inflating = true;
  } else {
    inflateReset(&inflater);
  }
  // zlib does not write through its non-const pointer.
  inflater.next_in = const_cast<Bytef*>(input.data());
  inflater.avail_in = static_cast<uInt>(input.size());
  while (true) {
    if (!output.reserve(1)) return over_limit(Codec::gzip);
    const auto room = static_cast<uInt>(output.room());
    inflater.next_out = output.end();
    inflater.avail_out = room;
    const int rc = inflate(&inflater, Z_NO_FLUSH);
    output.advance(room - inflater.avail_out);
    if (rc == Z_STREAM_END) {
      if (inflater.avail_in == 0) return {};
      inflateReset(&inflater);  // members may be joined (RFC 1952)
    } else if (rc != Z_OK) {
      return broken(Codec::gzip, inflater.avail_in == 0 ? "cut off" : "malformed");
    }
  }
}

Result<> Decompressor::State::snappy(Bytes input) {
  const auto framed = [](Bytes bytes) {
    return bytes.size() >= xerial_header_size &&
           std::equal(xerial_magic.begin(), xerial_magic.end(), bytes.begin());
  };
  if (!framed(input)) return snappy_block(input);
  while (!input.empty()) {
    if (framed(input)) {
      if (load_be<std::int32_t>(input.data() + xerial_magic.size()) < xerial_version) {
        return broken(Codec::snappy, "version of the framing");
      }
      input = input.subspan(xerial_header_size);
      continue;
    }
    if (input.size() < 4) return broken(Codec::snappy, "cut off");
    const auto length = load_be<std::int32_t>(input.data());
    input = input.subspan(4);
    if (length < 0 || static_cast<std::size_t>(length) > input.size()) {
      return broken(Codec::snappy, "block length");
    }
    TRY(snappy_block(input.first(static_cast<std::size_t>(length))));
    input = input.subspan(static_cast<std::size_t>(length));
  }
  return {};
}

Result<> Decompressor::State::snappy_block(Bytes input) {
  const auto* from = reinterpret_cast<const char*>(input.data());
  std::size_t size = 0;
  if (snappy_uncompressed_length(from, input.size(), &size) != SNAPPY_OK) {
    return broken(Codec::snappy, "malformed length");
  }
  // An element of 3 bytes yields at most 64: a length beyond that is a lie and must not cost
  // memory.
  if (size > input.size() * 32) return broken(Codec::snappy, "length beyond what could follow");
  if (!output.reserve(size)) return over_limit(Codec::snappy);
  if (snappy_uncompress(from, input.size(), reinterpret_cast<char*>(output.end()), &size) !=
      SNAPPY_OK) {
    return broken(Codec::snappy, "malformed");
  }
  output.advance(size);
  return output.too_large() ? over_limit(Codec::snappy) : Result<>{};
}

/// A frame that states its size and breaks off leaves that size in the context, reset or not, to
/// be missed at the end of the next frame: so a context that has failed is not used again.
Result<> Decompressor::State::lz4_frame(Bytes input) {
  Result<> result = lz4_read_frame(input);
  if (!result) {
    LZ4F_freeDecompressionContext(std::exchange(lz4, nullptr));
    lz4_bytes = 0;
  }
  return result;
}

Result<> Decompressor::State::lz4_read_frame(Bytes input) {
  if (lz4 == nullptr) {
    const std::size_t rc = LZ4F_createDecompressionContext(&lz4, LZ4F_VERSION);
    CHECK(!LZ4F_isError(rc), "{}", LZ4F_getErrorName(rc));
  } else {
    LZ4F_resetDecompressionContext(lz4);
  }
  if (input.size() < lz4_header_size_min ||
      !std::equal(lz4_magic.begin(), lz4_magic.end(), input.begin())) {
    return broken(Codec::lz4, "not a frame");
  }
  const std::uint8_t flags = input[lz4_flags_at];
  // Java's consumers cannot read them, so nobody may store them.
  if ((flags & lz4_independent_bit) == 0) return broken(Codec::lz4, "blocks depend on each other");
  if ((flags & lz4_dictionary_bit) != 0) return broken(Codec::lz4, "needs a dictionary");

  const std::size_t header_size =
      lz4_header_size_min + ((flags & lz4_content_size_bit) != 0 ? 8u : 0u);
  std::array<std::uint8_t, lz4_header_size_min + 8> header;
  if (input.size() < header_size) return broken(Codec::lz4, "cut off");
  std::copy_n(input.begin(), header_size, header.begin());
  if (!lz4_checks_header) {
    const Bytes hashed = Bytes(header).subspan(lz4_flags_at, header_size - lz4_flags_at - 1);
    header[header_size - 1] = static_cast<std::uint8_t>(xxhash32_short(hashed) >> 8);
  }
  lz4_bytes = std::max(lz4_bytes, 2 * lz4_block_size(input[lz4_block_size_at]));
  if (TRY(lz4_feed(Bytes(header).first(header_size)))) return broken(Codec::lz4, "no blocks");
  if (!TRY(lz4_feed(input.subspan(header_size)))) return broken(Codec::lz4, "cut off");
  return {};
}

Result<bool> Decompressor::State::lz4_feed(Bytes input) {
  while (true) {
    if (!output.reserve(1)) return over_limit(Codec::lz4);
    std::size_t written = output.room();
    std::size_t used = input.size();
    const std::size_t rc =
        LZ4F_decompress(lz4, output.end(), &written, input.data(), &used, nullptr);
    if (LZ4F_isError(rc)) return broken(Codec::lz4, LZ4F_getErrorName(rc));
    input = input.subspan(used);
    output.advance(written);
    if (rc == 0) {
      if (!input.empty()) return broken(Codec::lz4, "bytes behind the frame");
      return true;
    }
    // With room left and no input it waits for more.
    if (input.empty() && output.room() > 0) return false;
    if (used == 0 && written == 0 && output.room() > 0) return broken(Codec::lz4, "malformed");
  }
}

/// In one go, so that the output is the window. It is given what the blocks can expand to at most,
/// but not more than 16 times the input at first: blocks can lie. Only if that much has really been
/// written, or nearly, it doubles and the frames are decompressed again.
Result<> Decompressor::State::zstd_frames(Bytes input) {
  if (zstd == nullptr) {
    zstd = ZSTD_createDCtx();
    CHECK(zstd != nullptr);
  }
  if (input.empty()) return broken(Codec::zstd, "empty");
  const std::size_t most = TRY(zstd_output_max(input));
  for (std::size_t wanted = std::max(output_size_first, 16 * input.size());; wanted *= 2) {
    const std::size_t allowed = std::min({wanted, most, output.limit()});
    if (!output.reserve(allowed)) return over_limit(Codec::zstd);
    const std::size_t size =
        ZSTD_decompressDCtx(zstd, output.end(), allowed, input.data(), input.size());
    if (!ZSTD_isError(size)) {
      output.advance(size);
      return {};
    }
    if (ZSTD_getErrorCode(size) != ZSTD_error_dstSize_tooSmall || allowed == most) {
      return broken(Codec::zstd, ZSTD_getErrorName(size));
    }
    if (allowed == output.limit()) return over_limit(Codec::zstd);
  }
}

}  // namespace moldau::records
