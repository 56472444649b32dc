#pragma once

#include <fmt/format.h>

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace moldau {

/// A string in a message: a view of the frame it was decoded from, or of memory that outlives the
/// message, or its own copy. 16 bytes. Copying a Text that borrows borrows again; copying one that
/// owns copies. Decoding borrows; `Text(std::string)` and `Text::copy` own; `Text::view` and string
/// literals borrow.
class Text {
 public:
  constexpr Text() = default;
  /// A literal or other static text: borrowed.
  template <std::size_t N>
  constexpr Text(const char (&literal)[N]) : data_(literal), size_(N - 1) {}  // NOLINT
  Text(const std::string& text) : Text(copy(text)) {}                         // NOLINT
  Text(std::string&& text) : Text(copy(text)) {}                              // NOLINT

  /// Borrows: the caller keeps the memory alive for as long as the Text and its copies are used.
  static constexpr Text view(std::string_view text) {
    Text result;
    result.data_ = text.data();
    result.size_ = static_cast<std::uint32_t>(text.size());
    return result;
  }
  static Text copy(std::string_view text) {
    Text result = view(text);
    result.own();
    return result;
  }

  Text(const Text& other) : data_(other.data_), size_(other.size_) {
    if (other.owned_) own();
  }
  Text(Text&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        owned_(std::exchange(other.owned_, false)) {}
  Text& operator=(Text other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    std::swap(owned_, other.owned_);
    return *this;
  }
  constexpr ~Text() {
    if (owned_) delete[] data_;
  }

  constexpr std::string_view view() const { return {data_, size_}; }
  constexpr operator std::string_view() const { return view(); }  // NOLINT
  std::string str() const { return std::string(view()); }
  constexpr bool empty() const { return size_ == 0; }
  constexpr std::size_t size() const { return size_; }

  friend constexpr bool operator==(const Text& a, const Text& b) { return a.view() == b.view(); }
  template <std::convertible_to<std::string_view> T>
    requires(!std::same_as<T, Text>)
  friend constexpr bool operator==(const Text& a, const T& b) {
    return a.view() == std::string_view(b);
  }
  friend constexpr auto operator<=>(const Text& a, const Text& b) { return a.view() <=> b.view(); }

 private:
  void own() {
    auto* memory = new char[size_ == 0 ? 1 : size_];
    std::char_traits<char>::copy(memory, data_, size_);
    data_ = memory;
    owned_ = true;
  }

  const char* data_{nullptr};
  std::uint32_t size_{0};
  bool owned_{false};
};

static_assert(sizeof(Text) == 16);

}  // namespace moldau

template <>
struct fmt::formatter<moldau::Text> : fmt::formatter<std::string_view> {
  template <class Context>
  auto format(const moldau::Text& text, Context& context) const {
    return fmt::formatter<std::string_view>::format(text.view(), context);
  }
};

template <>
struct std::hash<moldau::Text> {
  std::size_t operator()(const moldau::Text& text) const noexcept {
    return std::hash<std::string_view>{}(text.view());
  }
};
