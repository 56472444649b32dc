#include "storage/batch_scanner.h"

#include "storage/segment.h"

#include <algorithm>

namespace moldau::storage {

BatchScanner::BatchScanner(env::File& file, std::uint64_t position, std::uint64_t end,
                           ReadMode mode, std::size_t buffer_size)
    : file_(file), end_(end), mode_(mode), buffer_size_(buffer_size), next_(position) {}

/// Moves on to the next batch, which is `current_` then; false at the end.
Result<bool> BatchScanner::advance() {
  if (next_ >= end_) return false;
  const auto wanted = std::min<std::uint64_t>(records::batch_header_size, end_ - next_);
  const auto bytes = TRY(load(next_, wanted));
  auto header = parse_batch_header(bytes);
  if (!header) return std::unexpected(std::move(header).error().within(file_.path()));
  if (header->size > end_ - next_) return fail(Errc::truncated, file_.path());
  current_.position = next_;
  current_.header = *header;
  next_ += header->size;
  return true;
}

Result<std::optional<BatchPosition>> BatchScanner::next() {
  if (!TRY(advance())) return std::nullopt;
  return current_;
}

Result<std::optional<BatchPosition>> BatchScanner::next_reaching(Offset offset) {
  do {
    if (!TRY(advance())) return std::nullopt;
  } while (current_.header.last_offset < offset);
  return current_;
}

Result<Bytes> BatchScanner::whole() {
  return load(current_.position, current_.header.size);
}

Result<std::optional<BatchPosition>> BatchScanner::peek() {
  auto batch = TRY(next());
  if (batch) next_ = batch->position;
  return batch;
}

/// At least `size` bytes at `position`, from the buffer or the file.
Result<Bytes> BatchScanner::load(std::uint64_t position, std::uint64_t size) {
  if (position < buffer_at_ || position + size > buffer_at_ + filled_) {
    const auto wanted =
        std::min<std::uint64_t>(std::max<std::uint64_t>(size, buffer_size_), end_ - position);
    if (wanted > capacity_) {
      buffer_ = std::make_unique_for_overwrite<std::uint8_t[]>(wanted);
      capacity_ = wanted;
    }
    filled_ = 0;
    buffer_at_ = position;
    filled_ = TRY(read(MutBytes(buffer_.get(), wanted), position));
    if (filled_ < size) return fail(Errc::truncated, file_.path());
  }
  return Bytes(buffer_.get(), filled_).subspan(position - buffer_at_, size);
}

/// How much there was.
Result<std::size_t> BatchScanner::read(MutBytes into, std::uint64_t position) {
  if (mode_ != ReadMode::blocking) {
    const auto cached = TRY(file_.pread_cached(into, position));
    if (cached) return *cached;
    if (mode_ == ReadMode::cached) return fail(Errc::unavailable, file_.path());
  }
  const auto count = TRY(file_.pread(into, position));
  if (mode_ == ReadMode::passing) TRY(file_.drop_cached(position, count));
  return count;
}

Result<BatchScanner> scanner_for(const Segment& segment, env::File& file, Offset offset,
                                 std::uint64_t end, ReadMode mode, std::size_t buffer_size) {
  const auto at = [&](std::uint64_t start) {
    return BatchScanner(file, start, end, mode, buffer_size);
  };
  const auto start = TRY(segment.lookup(offset, mode));
  if (start == 0 || start >= end) return at(0);
  auto scanner = at(start);
  const auto first = scanner.peek();
  if (!first && first.error().code == Errc::unavailable) return std::unexpected(first.error());
  if (!first || !*first || (*first)->header.base_offset > offset) return at(0);
  return scanner;
}

}  // namespace moldau::storage
