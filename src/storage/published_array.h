#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <memory>

#include "base/check.h"

namespace moldau::storage {

/// An array that grows at its end while others read it. One writer at a time; readers see the first
/// size() elements, which never change and never move.
template <class T>
class PublishedArray {
 public:
  PublishedArray() = default;
  ~PublishedArray() {
    for (auto& chunk : chunks_) delete[] chunk.load(std::memory_order_relaxed);
  }
  PublishedArray(const PublishedArray&) = delete;
  PublishedArray& operator=(const PublishedArray&) = delete;

  /// Writer only.
  void push_back(const T& value) {
    const auto index = size_.load(std::memory_order_relaxed);
    const auto [chunk, slot] = locate(index);
    CHECK(chunk < chunk_count, "{} elements are too many", index);
    auto* memory = chunks_[chunk].load(std::memory_order_relaxed);
    if (memory == nullptr) {
      memory = new T[first_chunk_size << chunk];
      chunks_[chunk].store(memory, std::memory_order_relaxed);
    }
    memory[slot] = value;
    size_.store(index + 1, std::memory_order_release);
  }

  std::size_t size() const { return size_.load(std::memory_order_acquire); }
  /// `index` below a size() that this thread has seen.
  const T& operator[](std::size_t index) const {
    const auto [chunk, slot] = locate(index);
    return chunks_[chunk].load(std::memory_order_relaxed)[slot];
  }

 private:
  static constexpr std::size_t first_chunk_size = 16;
  static constexpr std::size_t chunk_count = 28;  // 2^32 elements

  struct Place {
    std::size_t chunk;
    std::size_t slot;
  };
  /// Chunk k holds first_chunk_size * 2^k elements.
  static Place locate(std::size_t index) {
    const auto block = index / first_chunk_size + 1;
    const auto chunk = static_cast<std::size_t>(std::bit_width(block)) - 1;
    return {chunk, index - first_chunk_size * ((std::size_t{1} << chunk) - 1)};
  }

  std::array<std::atomic<T*>, chunk_count> chunks_{};
  std::atomic<std::size_t> size_{0};
};

}  // namespace moldau::storage
