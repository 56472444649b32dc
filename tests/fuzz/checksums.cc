#include "checksums.h"

#include <zlib.h>

#include "base/endian.h"
#include "records/batch.h"

namespace moldau::fuzz {
namespace {

constexpr std::size_t legacy_crc_at = 12;
constexpr std::size_t legacy_covered_at = 16;

void put_right(MutBytes batch, std::int8_t magic) {
  if (magic == records::magic_v2) {
    if (batch.size() >= records::batch_header_size) records::update_crc(batch);
    return;
  }
  const Bytes covered = batch.subspan(legacy_covered_at);
  const auto crc = static_cast<std::uint32_t>(crc32_z(0, covered.data(), covered.size()));
  store_be(batch.data() + legacy_crc_at, crc);
}

}  // namespace

std::vector<std::uint8_t> with_right_checksums(Bytes batches) {
  std::vector<std::uint8_t> bytes(batches.begin(), batches.end());
  for (MutBytes rest(bytes); !rest.empty();) {
    const auto frame = records::peek_frame(rest);
    if (!frame || frame->size > rest.size()) break;
    put_right(rest.first(frame->size), frame->magic);
    rest = rest.subspan(frame->size);
  }
  return bytes;
}

}  // namespace moldau::fuzz
