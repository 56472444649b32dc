#include "records/zstd_frames.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "records/compression_format.h"

namespace moldau::records {
namespace {

constexpr std::uint32_t frame_magic = 0xfd2fb528;
constexpr std::uint32_t skippable_magic = 0x184d2a50;
constexpr std::uint32_t skippable_mask = 0xfffffff0;
constexpr std::size_t checksum_size = 4;
constexpr std::size_t block_header_size = 3;
constexpr std::size_t block_output_max = 128 << 10;

enum class BlockType : std::uint8_t { raw, rle, compressed, reserved };

std::unexpected<Error> malformed() {
  return fail(Errc::corrupt, "zstd: malformed");
}

/// Takes a little-endian number of up to 8 bytes off the front.
std::optional<std::uint64_t> take_number(Bytes& from, std::size_t size) {
  if (from.size() < size) return std::nullopt;
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8 | from[i];
  from = from.subspan(size);
  return value;
}

bool skip(Bytes& from, std::uint64_t size) {
  if (size > from.size()) return false;
  from = from.subspan(static_cast<std::size_t>(size));
  return true;
}

std::uint64_t window_size(std::uint64_t descriptor) {
  const std::uint64_t base = std::uint64_t{1} << (10 + (descriptor >> 3));
  return base + base / 8 * (descriptor & 7);
}

struct FrameHeader {
  std::optional<std::uint64_t> content_size;
  std::uint64_t window;
  bool has_checksum;
};

Result<FrameHeader> take_header(Bytes& from) {
  constexpr std::size_t dictionary_sizes[] = {0, 1, 2, 4};
  constexpr std::size_t content_size_sizes[] = {0, 2, 4, 8};
  const auto descriptor = take_number(from, 1);
  if (!descriptor) return malformed();
  const bool single_segment = (*descriptor & 0x20) != 0;
  const std::size_t flag = *descriptor >> 6;
  const std::size_t content_bytes = flag == 0 && single_segment ? 1 : content_size_sizes[flag];

  const auto window = take_number(from, single_segment ? 0 : 1);
  if (!window || !take_number(from, dictionary_sizes[*descriptor & 3])) return malformed();
  auto content_size = take_number(from, content_bytes);
  if (!content_size) return malformed();
  if (content_bytes == 2) *content_size += 256;
  if (content_bytes == 0) content_size.reset();
  return FrameHeader{.content_size = content_size,
                     .window = single_segment ? *content_size : window_size(*window),
                     .has_checksum = (*descriptor & 0x04) != 0};
}

/// What one frame behind its magic number can expand to.
Result<std::uint64_t> take_frame(Bytes& from) {
  const FrameHeader header = TRY(take_header(from));
  if (header.window > std::uint64_t{1} << zstd_window_log_max) {
    return fail(Errc::corrupt, "zstd: window too large");
  }
  std::uint64_t sum = 0;
  for (bool last = false; !last;) {
    const auto block = take_number(from, block_header_size);
    if (!block) return malformed();
    last = (*block & 1) != 0;
    const auto type = static_cast<BlockType>(*block >> 1 & 3);
    const std::uint64_t size = *block >> 3;
    if (type == BlockType::reserved) return malformed();
    if (!skip(from, type == BlockType::rle ? 1 : size)) return malformed();
    sum += type == BlockType::compressed ? std::min<std::uint64_t>(block_output_max, header.window)
                                         : size;
  }
  if (header.has_checksum && !skip(from, checksum_size)) return malformed();
  return std::min(sum, header.content_size.value_or(sum));
}

}  // namespace

Result<std::size_t> zstd_output_max(Bytes frames) {
  std::uint64_t sum = 0;
  while (!frames.empty()) {
    const auto magic = take_number(frames, sizeof(std::uint32_t));
    if (!magic) return malformed();
    if (*magic == frame_magic) {
      sum += TRY(take_frame(frames));
    } else if ((*magic & skippable_mask) == skippable_magic) {
      const auto size = take_number(frames, sizeof(std::uint32_t));
      if (!size || !skip(frames, *size)) return malformed();
    } else {
      return malformed();
    }
  }
  return static_cast<std::size_t>(sum);
}

}  // namespace moldau::records
