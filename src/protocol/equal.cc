#include "protocol/equal.h"

#include <cstring>

namespace moldau::protocol {
namespace {

bool equal_value(const Field& field, const void* a, const void* b) {
  switch (field.kind) {
    case Kind::boolean:
    case Kind::int8:
      return std::memcmp(a, b, 1) == 0;
    case Kind::int16:
    case Kind::uint16:
      return std::memcmp(a, b, 2) == 0;
    case Kind::int32:
    case Kind::uint32:
      return std::memcmp(a, b, 4) == 0;
    case Kind::int64:
    case Kind::float64:  // as bits, so that NaN is equal to itself
      return std::memcmp(a, b, 8) == 0;
    case Kind::uuid:
      return std::memcmp(a, b, sizeof(Uuid)) == 0;
    case Kind::string:
      return *static_cast<const Text*>(a) == *static_cast<const Text*>(b);
    case Kind::bytes:
    case Kind::records:
      return *static_cast<const SharedBytes*>(a) == *static_cast<const SharedBytes*>(b);
    case Kind::structure:
      return equal_structure(*field.nested, a, b);
  }
  return false;
}

bool equal_array(const Field& field, const void* a, const void* b) {
  const std::size_t size = field.vector->size(a);
  if (size != field.vector->size(b)) return false;
  const auto* x = static_cast<const char*>(field.vector->data(const_cast<void*>(a)));
  const auto* y = static_cast<const char*>(field.vector->data(const_cast<void*>(b)));
  for (std::size_t i = 0; i < size; ++i, x += field.vector->stride, y += field.vector->stride) {
    if (!equal_value(field, x, y)) return false;
  }
  return true;
}

}  // namespace

bool equal_field(const Field& field, const void* a, const void* b) {
  if (field.optional != nullptr) {
    a = field.optional->get(a);
    b = field.optional->get(b);
    if (a == nullptr || b == nullptr) return a == b;
  }
  return field.vector != nullptr ? equal_array(field, a, b) : equal_value(field, a, b);
}

bool equal_structure(const Table& table, const void* a, const void* b) {
  for (const Field& field : table) {
    if (!equal_field(field, table.at(a, field), table.at(b, field))) return false;
  }
  return true;
}

}  // namespace moldau::protocol
