#include "try_decompress.h"

#include <algorithm>

#include "base/check.h"
#include "bounded_work.h"

namespace moldau::fuzz {
namespace {

using records::Codec;
using records::Decompressor;

constexpr std::uint8_t small_limit_bit = 0x01;
constexpr std::uint8_t magic_0_bit = 0x02;
constexpr std::uint8_t two_areas_bit = 0x04;

/// The output doubles as it grows, and for a moment both halves are there.
constexpr std::size_t output_copies = 3;
/// Snappy's output is reserved by the length that it states, which may be 32 times its input.
constexpr std::size_t memory_per_byte = 32;

constexpr std::size_t limit_small = 1 << 10;
constexpr std::size_t limit_large = 256 << 10;

Result<Bytes> decompress(Decompressor& decompressor, Codec codec, Bytes input,
                         std::uint8_t options) {
  const std::size_t limit = (options & small_limit_bit) != 0 ? limit_small : limit_large;
  return (options & magic_0_bit) != 0 ? decompressor.decompress_magic_0(codec, input, limit)
                                      : decompressor.decompress(codec, input, limit);
}

/// What it decompressed to can be compressed, and then is the same again.
void check_round_trip(Codec codec, Bytes area) {
  const auto compressed = records::compress(codec, records::level_default(codec), area);
  CHECK(compressed, "{}", compressed.error().to_string());
  const auto back = records::decompress(codec, compressed->bytes(), area.size());
  CHECK(back, "{}", back.error().to_string());
  CHECK(std::ranges::equal(back->bytes(), area), "{} bytes came back others", area.size());
}

/// Takes the area to decompress before off the front: its size in two bytes, then the area with
/// options of its own.
Bytes take_earlier(Bytes& input) {
  const std::size_t low = take_byte(input);
  const std::size_t high = take_byte(input);
  const std::size_t size = std::min(input.size(), high << 8 | low);
  const Bytes earlier = input.first(size);
  input = input.subspan(size);
  return earlier;
}

/// One that has decompressed `earlier`, whatever came of it, says the same as a fresh one.
void check_used_decompressor(Codec codec, Bytes earlier, Bytes input, std::uint8_t options,
                             const Result<Bytes>& area) {
  Decompressor used;
  const std::uint8_t earlier_options = take_byte(earlier);
  static_cast<void>(decompress(used, codec, earlier, earlier_options));
  const auto again = decompress(used, codec, input, options);
  CHECK(again.has_value() == area.has_value(), "it matters what was decompressed before");
  if (area) {
    CHECK(std::ranges::equal(*area, *again), "other bytes after what was decompressed before");
  } else {
    CHECK(area.error().to_string() == again.error().to_string());
  }
}

}  // namespace

void try_decompress(Codec codec, std::size_t codec_memory, Bytes input) {
  Bytes earlier = input;  // without another area the same one comes twice
  const std::uint8_t options = take_byte(input);
  if ((options & two_areas_bit) != 0) earlier = take_earlier(input);
  // Steps: our own code takes a turn for each piece of output or joined frame.
  const WorkLimit limit{.memory_per_byte = memory_per_byte,
                        .memory_fixed = codec_memory + output_copies * limit_large,
                        .steps_per_byte = 20,
                        .steps_fixed = 1000};
  Decompressor fresh;
  const auto area = [&] {
    const BoundedWork bounded(input.size(), limit);
    auto result = decompress(fresh, codec, input, options);
    if (result) {
      const std::size_t most =
          codec_memory + memory_per_byte * input.size() + output_copies * result->size();
      CHECK(bounded.memory_peak() <= most, "{} bytes from {} take {} bytes of memory, over {}",
            result->size(), input.size(), bounded.memory_peak(), most);
    }
    return result;
  }();
  check_used_decompressor(codec, earlier, input, options, area);
  if (area) check_round_trip(codec, *area);
}

}  // namespace moldau::fuzz
