#include "storage/batch_scanner.h"

#include "storage/segment.h"

#include <algorithm>

namespace moldau::storage {

BatchScanner::BatchScanner(env::File& file, std::uint64_t position, std::uint64_t end,
                           ReadMode mode, std::size_t buffer_size)
    : file_(file), end_(end), mode_(mode), buffer_size_(buffer_size), next_(position) {}

Result<std::optional<BatchPosition>> BatchScanner::next() {
  if (next_ >= end_) return std::nullopt;
  const auto wanted = std::min<std::uint64_t>(records::batch_header_size, end_ - next_);
  const auto bytes = TRY(load(next_, wanted));
  auto header = parse_batch_header(bytes);
  if (!header) return std::unexpected(std::move(header).error().within(file_.path()));
  if (header->size > end_ - next_) return fail(Errc::truncated, file_.path());
  current_ = {next_, *header};
  next_ += header->size;
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
  if (position < buffer_at_ || position + size > buffer_at_ + buffer_.size()) {
    const auto wanted =
        std::min<std::uint64_t>(std::max<std::uint64_t>(size, buffer_size_), end_ - position);
    buffer_.resize(wanted);
    buffer_at_ = position;
    std::size_t count = 0;
    if (mode_ == ReadMode::cached) {
      const auto cached = file_.pread_cached(buffer_, position);
      if (!cached || !*cached) buffer_.clear();
      if (!cached) return std::unexpected(cached.error());
      if (!*cached) return fail(Errc::unavailable, file_.path());
      count = **cached;
    } else {
      const auto read = file_.pread(buffer_, position);
      if (!read) buffer_.clear();
      if (!read) return std::unexpected(read.error());
      count = *read;
    }
    buffer_.resize(count);
    if (count < size) return fail(Errc::truncated, file_.path());
  }
  return Bytes(buffer_).subspan(position - buffer_at_, size);
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
