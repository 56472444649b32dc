#include "protocol/random_message.h"

#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <string>

namespace moldau::protocol {
namespace {

constexpr std::uint64_t array_size_max = 3;
constexpr std::uint64_t text_size_max = 24;
constexpr std::uint64_t bytes_size_max = 200;

// Sizes around which the form of a length changes: one, two and three bytes of a varint, int16.
constexpr std::array<std::uint64_t, 6> text_sizes{126, 127, 128, 16382, 16384, 32767};
constexpr std::array<std::uint64_t, 5> bytes_sizes{126, 127, 16383, 16384, 40000};
constexpr std::uint64_t long_array_min = 126;
constexpr std::uint64_t long_array_max = 140;
constexpr std::uint64_t long_values_max = 2;  ///< of each sort, in one message

constexpr std::array<double, 8> doubles{0.0,
                                        -0.0,
                                        std::numeric_limits<double>::infinity(),
                                        -std::numeric_limits<double>::infinity(),
                                        std::numeric_limits<double>::quiet_NaN(),
                                        std::numeric_limits<double>::denorm_min(),
                                        std::numeric_limits<double>::max(),
                                        std::numeric_limits<double>::lowest()};
/// Letters of two, three and four bytes of UTF-8.
constexpr std::array<std::string_view, 4> wide_letters{"\xc3\xa9", "\xe2\x82\xac", "\xe6\xb0\xb4",
                                                       "\xf0\x9d\x84\x9e"};

class Filler {
 public:
  Filler(std::int16_t version, Prng& prng, Extent extent)
      : version_(version), prng_(prng), extent_(extent) {}

  void structure(const Table& table, void* object) {
    for (const Field& field : table) {
      if (!field.spec.versions.contains(version_)) continue;
      if (field.is_tagged() && prng_.chance(300'000)) continue;  // keeps its default
      this->field(field, table.at(object, field));
    }
  }

 private:
  void field(const Field& field, void* at) {
    if (field.optional != nullptr) {
      if (field.is_nullable_in(version_) && prng_.chance(250'000)) return field.optional->reset(at);
      at = field.optional->emplace(at);
    }
    if (field.vector == nullptr) return value(field, at);
    const std::size_t size = array_size();
    field.vector->resize(at, size);
    auto* element = static_cast<char*>(field.vector->data(at));
    for (std::size_t i = 0; i < size; ++i, element += field.vector->stride) value(field, element);
  }

  void value(const Field& field, void* at) {
    switch (field.kind) {
      case Kind::boolean:
        *static_cast<bool*>(at) = prng_.chance(500'000);
        return;
      case Kind::int8:
        return number(at, 1);
      case Kind::int16:
      case Kind::uint16:
        return number(at, 2);
      case Kind::int32:
      case Kind::uint32:
        return number(at, 4);
      case Kind::int64:
        return number(at, 8);
      case Kind::float64:
        return float64(at);
      case Kind::uuid:
        *static_cast<Uuid*>(at) = Uuid::of(prng_.next(), prng_.next());
        return;
      case Kind::string:
        *static_cast<Text*>(at) = Text(text());
        return;
      case Kind::bytes:
      case Kind::records:
        *static_cast<SharedBytes*>(at) = bytes();
        return;
      case Kind::structure:
        return structure(*field.nested, at);
    }
  }

  /// Small, -1, the least, the greatest or any bits: what numbers are mostly like, and what they
  /// might be.
  void number(void* at, std::size_t size) {
    std::uint64_t value = prng_.next();
    if (prng_.chance(400'000)) value &= 0x3f;
    if (prng_.chance(100'000)) value = ~std::uint64_t{0};
    if (prng_.chance(50'000)) value = std::uint64_t{1} << (8 * size - 1);
    if (prng_.chance(50'000)) value = (std::uint64_t{1} << (8 * size - 1)) - 1;
    std::memcpy(at, &value, size);
  }

  void float64(void* at) {
    double value = static_cast<double>(prng_.between(-1'000'000, 1'000'000)) / 64;
    if (is_any(300'000)) value = doubles[prng_.below(doubles.size())];
    if (is_any(300'000)) value = std::bit_cast<double>(prng_.next());
    std::memcpy(at, &value, sizeof value);
  }

  std::string text() {
    std::string text(prng_.below(text_size_max + 1), ' ');
    for (char& c : text) c = static_cast<char>(prng_.between(' ', '~'));
    if (is_any(200'000)) text += wide_letters[prng_.below(wide_letters.size())];
    if (is_any(20'000) && is_one_more(long_texts_)) {
      text.resize(text_sizes[prng_.below(text_sizes.size())], 'x');
    }
    return text;
  }

  SharedBytes bytes() {
    std::size_t size = prng_.below(bytes_size_max + 1);
    if (is_any(50'000) && is_one_more(long_bytes_)) {
      size = bytes_sizes[prng_.below(bytes_sizes.size())];
    }
    Block block(size);
    for (std::uint8_t& byte : block.bytes()) byte = static_cast<std::uint8_t>(prng_.next());
    return SharedBytes(std::move(block));
  }

  /// At most two are long, so that the sizes of arrays in arrays do not multiply for ever.
  std::size_t array_size() {
    if (is_any(30'000) && is_one_more(long_arrays_)) {
      return static_cast<std::size_t>(prng_.between(long_array_min, long_array_max));
    }
    return prng_.below(array_size_max + 1);
  }

  bool is_any(std::uint64_t per_million) {
    return extent_ == Extent::any && prng_.chance(per_million);
  }
  static bool is_one_more(std::uint64_t& count) { return count++ < long_values_max; }

  const std::int16_t version_;
  Prng& prng_;
  const Extent extent_;
  std::uint64_t long_arrays_{0};
  std::uint64_t long_texts_{0};
  std::uint64_t long_bytes_{0};
};

}  // namespace

void fill_random(const Schema& schema, void* message, std::int16_t version, Prng& prng,
                 Extent extent) {
  Filler(version, prng, extent).structure(schema.table, message);
}

}  // namespace moldau::protocol
