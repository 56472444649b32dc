#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <cstddef>
#include <span>

#include "base/bytes.h"

namespace moldau::env {

/// Pieces handed to the system in one call; on the stack, below IOV_MAX (1024).
inline constexpr std::size_t iov_batch = 256;

/// What is left of a list of pieces in a loop of short writes.
class Pieces {
 public:
  explicit Pieces(std::span<const Bytes> pieces) : pieces_(pieces) { skip_empty(); }

  bool empty() const { return pieces_.empty(); }
  /// The number of iovecs filled, from what is left.
  int fill(std::span<iovec> batch) const {
    const std::size_t count = std::min(batch.size(), pieces_.size());
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t skip = i == 0 ? offset_ : 0;
      // The system's type is for reading and writing; here it is only read.
      batch[i] = {const_cast<std::uint8_t*>(pieces_[i].data()) + skip, pieces_[i].size() - skip};
    }
    return static_cast<int>(count);
  }
  void advance(std::size_t bytes) {
    while (bytes > 0) {
      const std::size_t step = std::min(bytes, pieces_.front().size() - offset_);
      offset_ += step;
      bytes -= step;
      skip_empty();
    }
  }

 private:
  void skip_empty() {
    while (!pieces_.empty() && offset_ == pieces_.front().size()) {
      pieces_ = pieces_.subspan(1);
      offset_ = 0;
    }
  }

  std::span<const Bytes> pieces_;
  std::size_t offset_{0};  // in the first piece
};

}  // namespace moldau::env
