#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/bytes.h"
#include "base/endian.h"
#include "base/varint.h"

namespace moldau::protocol {

/// From this size on `Gather::large_slices` refers to bytes instead of copying them: below it a
/// copy is cheaper than one more element for writev.
inline constexpr std::size_t gather_bytes_min = 4096;

enum class Gather : std::uint8_t {
  nothing,       ///< one contiguous buffer: `take`
  large_slices,  ///< big bytes and records are taken as slices: `take_pieces`
};

/// A growing buffer in wire byte order. One owner, one thread.
class Writer {
 public:
  explicit Writer(Gather gather = Gather::nothing, std::size_t capacity = 256);

  template <std::integral T>
  void put(T value) {
    store_be(extend(sizeof value), value);
  }
  void put_bytes(Bytes bytes);
  void put_uvarint(std::uint64_t value) {
    reserve(varint64_size_max);
    size_ += moldau::put_uvarint(data_.get() + size_, value);
  }
  /// By reference if the writer gathers and it is worth it.
  void put_shared(const SharedBytes& bytes);

  /// Room for `size` bytes at the end, to be filled by the caller before the next call.
  std::uint8_t* extend(std::size_t size) {
    reserve(size);
    std::uint8_t* at = data_.get() + size_;
    size_ += size;
    return at;
  }

  /// Position in the buffer, for `patch` and `prefix_size`. Slices taken by reference do not count.
  std::size_t position() const { return size_; }
  /// All bytes written, slices taken by reference included.
  std::size_t total_size() const { return size_ + gathered_size_; }
  template <std::integral T>
  void patch(std::size_t position, T value) {
    store_be(data_.get() + position, value);
  }
  /// Puts the uvarint size of what was written since `position` before it. Between the two, gather
  /// nothing: see `pause_gather`.
  void prefix_size(std::size_t position);

  /// While alive, nothing is taken by reference.
  class GatherPause {
   public:
    explicit GatherPause(Writer& writer) : writer_(writer), gather_(writer.gather_) {
      writer_.gather_ = Gather::nothing;
    }
    GatherPause(const GatherPause&) = delete;
    GatherPause& operator=(const GatherPause&) = delete;
    ~GatherPause() { writer_.gather_ = gather_; }

   private:
    Writer& writer_;
    Gather gather_;
  };

  Bytes written() const { return {data_.get(), size_}; }
  /// The buffer, frozen; nothing may have been gathered. The writer is empty afterwards.
  SharedBytes take();
  /// The buffer and the gathered slices in wire order. The writer is empty afterwards.
  std::vector<SharedBytes> take_pieces();

 private:
  struct Slice {
    std::size_t position;
    SharedBytes bytes;
  };

  void reserve(std::size_t size) {
    if (capacity_ - size_ < size) [[unlikely]]
      grow(size);
  }
  void grow(std::size_t size);

  std::shared_ptr<std::uint8_t[]> data_;
  std::size_t size_{0};
  std::size_t capacity_{0};
  std::size_t gathered_size_{0};
  std::vector<Slice> slices_;
  Gather gather_;
};

}  // namespace moldau::protocol
