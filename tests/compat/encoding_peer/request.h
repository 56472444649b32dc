#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/endian.h"
#include "base/error.h"

namespace moldau::encoding_peer {

/// The arguments of one question, taken from the front; README.md has the order of each.
class Request {
 public:
  explicit Request(SharedBytes bytes) : bytes_(std::move(bytes)) {}

  template <class T>
  Result<T> number() {
    if (bytes_.size() - position_ < sizeof(T)) return fail(Errc::truncated, "question");
    const T value = load_be<T>(bytes_.data() + position_);
    position_ += sizeof(T);
    return value;
  }
  /// A length as an int16, then the text.
  Result<std::string_view> text() {
    const std::size_t size = TRY(number<std::uint16_t>());
    if (bytes_.size() - position_ < size) return fail(Errc::truncated, "question");
    const std::string_view text = bytes_.text().substr(position_, size);
    position_ += size;
    return text;
  }
  SharedBytes rest() const { return bytes_.slice(position_, bytes_.size() - position_); }

 private:
  SharedBytes bytes_;
  std::size_t position_{0};
};

}  // namespace moldau::encoding_peer
