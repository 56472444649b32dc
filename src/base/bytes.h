#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"

namespace moldau {

using Bytes = std::span<const std::uint8_t>;
using MutBytes = std::span<std::uint8_t>;

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// An uninitialised block that one owner fills; frozen, it becomes SharedBytes.
class Block {
 public:
  Block() = default;
  explicit Block(std::size_t size)
      : data_(std::make_shared_for_overwrite<std::uint8_t[]>(size)), size_(size) {}
  MutBytes bytes() { return {data_.get(), size_}; }
  Bytes bytes() const { return {data_.get(), size_}; }
  std::size_t size() const { return size_; }

 private:
  friend class SharedBytes;
  std::shared_ptr<std::uint8_t[]> data_;
  std::size_t size_{0};
};

/// A slice of an immutable block that it keeps alive. Copying shares. Thread-safe as shared_ptr.
class SharedBytes {
 public:
  SharedBytes() = default;
  /// Freezes the block: nobody writes to it from here on.
  explicit SharedBytes(Block block) : owner_(block.data_), view_(block.bytes()) {}
  /// A slice whose memory is kept alive by `owner`; a null owner means static or borrowed memory.
  SharedBytes(std::shared_ptr<const void> owner, Bytes view)
      : owner_(std::move(owner)), view_(view) {}

  static SharedBytes copy(Bytes bytes) {
    Block block(bytes.size());
    if (!bytes.empty()) std::memcpy(block.bytes().data(), bytes.data(), bytes.size());
    return SharedBytes(std::move(block));
  }
  static SharedBytes adopt(std::vector<std::uint8_t> bytes) {
    auto owner = std::make_shared<const std::vector<std::uint8_t>>(std::move(bytes));
    Bytes view{owner->data(), owner->size()};
    return {std::move(owner), view};
  }
  /// Bytes that somebody else keeps alive for as long as the slice is used.
  static SharedBytes borrow(Bytes bytes) { return {nullptr, bytes}; }

  Bytes bytes() const { return view_; }
  std::string_view text() const { return as_text(view_); }
  const std::uint8_t* data() const { return view_.data(); }
  std::size_t size() const { return view_.size(); }
  bool empty() const { return view_.empty(); }
  const std::shared_ptr<const void>& owner() const { return owner_; }

  SharedBytes slice(std::size_t position, std::size_t length) const {
    CHECK(position <= size() && length <= size() - position, "slice {}+{} of {}", position, length,
          size());
    return {owner_, view_.subspan(position, length)};
  }

  friend bool operator==(const SharedBytes& a, const SharedBytes& b) {
    return a.text() == b.text();
  }

 private:
  std::shared_ptr<const void> owner_;
  Bytes view_;
};

}  // namespace moldau
