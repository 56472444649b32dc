#include "protocol/random_message.h"

#include <cstring>
#include <string>

namespace moldau::protocol {
namespace {

constexpr std::uint64_t array_size_max = 3;
constexpr std::uint64_t text_size_max = 24;
constexpr std::uint64_t bytes_size_max = 200;

class Filler {
 public:
  Filler(std::int16_t version, Prng& prng) : version_(version), prng_(prng) {}

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
    const std::size_t size = prng_.below(array_size_max + 1);
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
      case Kind::float64: {
        const double value = static_cast<double>(prng_.between(-1'000'000, 1'000'000)) / 64;
        std::memcpy(at, &value, sizeof value);
        return;
      }
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

  /// Small, -1 or any bits: what numbers are mostly like, and what they might be.
  void number(void* at, std::size_t size) {
    std::uint64_t value = prng_.next();
    if (prng_.chance(400'000)) value &= 0x3f;
    if (prng_.chance(100'000)) value = ~std::uint64_t{0};
    std::memcpy(at, &value, size);
  }

  std::string text() {
    std::string text(prng_.below(text_size_max + 1), ' ');
    for (char& c : text) c = static_cast<char>(prng_.between(' ', '~'));
    return text;
  }

  SharedBytes bytes() {
    Block block(prng_.below(bytes_size_max + 1));
    for (std::uint8_t& byte : block.bytes()) byte = static_cast<std::uint8_t>(prng_.next());
    return SharedBytes(std::move(block));
  }

  const std::int16_t version_;
  Prng& prng_;
};

}  // namespace

void fill_random(const Schema& schema, void* message, std::int16_t version, Prng& prng) {
  Filler(version, prng).structure(schema.table, message);
}

}  // namespace moldau::protocol
