#include "protocol/writer.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace moldau::protocol {

Writer::Writer(Gather gather, std::size_t capacity)
    : data_(std::make_shared_for_overwrite<std::uint8_t[]>(capacity)),
      capacity_(capacity),
      gather_(gather) {}

void Writer::grow(std::size_t size) {
  const std::size_t capacity = std::max(capacity_ * 2, size_ + size);
  auto data = std::make_shared_for_overwrite<std::uint8_t[]>(capacity);
  if (size_ > 0) std::memcpy(data.get(), data_.get(), size_);
  data_ = std::move(data);
  capacity_ = capacity;
}

void Writer::put_bytes(Bytes bytes) {
  if (!bytes.empty()) std::memcpy(extend(bytes.size()), bytes.data(), bytes.size());
}

void Writer::put_shared(const SharedBytes& bytes) {
  if (gather_ == Gather::nothing || bytes.size() < gather_bytes_min) {
    CHECK(bytes.data() != nullptr || bytes.empty(), "bytes without memory can only be gathered");
    put_bytes(bytes.bytes());
    return;
  }
  slices_.push_back({size_, bytes});
  gathered_size_ += bytes.size();
}

void Writer::prefix_size(std::size_t position) {
  const std::size_t size = size_ - position;
  const std::size_t prefix = uvarint_size(size);
  extend(prefix);
  std::uint8_t* at = data_.get() + position;
  std::memmove(at + prefix, at, size);
  moldau::put_uvarint(at, size);
}

SharedBytes Writer::take() {
  CHECK(slices_.empty(), "{} slices were gathered", slices_.size());
  SharedBytes bytes(data_, written());
  data_.reset();
  size_ = capacity_ = 0;
  return bytes;
}

std::vector<SharedBytes> Writer::take_pieces() {
  std::vector<Slice> slices = std::exchange(slices_, {});
  gathered_size_ = 0;
  const SharedBytes buffer = take();
  std::vector<SharedBytes> pieces;
  pieces.reserve(slices.size() * 2 + 1);
  std::size_t from = 0;
  for (Slice& slice : slices) {
    if (slice.position > from) pieces.push_back(buffer.slice(from, slice.position - from));
    from = slice.position;
    pieces.push_back(std::move(slice.bytes));
  }
  if (buffer.size() > from) pieces.push_back(buffer.slice(from, buffer.size() - from));
  return pieces;
}

}  // namespace moldau::protocol
