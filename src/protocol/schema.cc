#include "protocol/schema.h"

#include <algorithm>

namespace moldau::protocol {
namespace {

std::string_view kind_name(const Field& field) {
  switch (field.kind) {
    case Kind::boolean:
      return "bool";
    case Kind::int8:
      return "int8";
    case Kind::int16:
      return "int16";
    case Kind::uint16:
      return "uint16";
    case Kind::int32:
      return "int32";
    case Kind::uint32:
      return "uint32";
    case Kind::int64:
      return "int64";
    case Kind::float64:
      return "float64";
    case Kind::uuid:
      return "uuid";
    case Kind::string:
      return "string";
    case Kind::bytes:
      return "bytes";
    case Kind::records:
      return "records";
    case Kind::structure:
      return field.nested->struct_name;
  }
  return "?";
}

std::size_t structure_size_min(const Table& table, std::int16_t version, bool flexible);

std::size_t value_size_min(const Field& field, std::int16_t version, bool flexible) {
  switch (field.kind) {
    case Kind::boolean:
    case Kind::int8:
      return 1;
    case Kind::int16:
    case Kind::uint16:
      return 2;
    case Kind::int32:
    case Kind::uint32:
      return 4;
    case Kind::int64:
    case Kind::float64:
      return 8;
    case Kind::uuid:
      return 16;
    case Kind::string:
      return flexible ? 1 : 2;
    case Kind::bytes:
    case Kind::records:
      return flexible ? 1 : 4;
    case Kind::structure:
      return structure_size_min(*field.nested, version, flexible);
  }
  return 0;
}

std::size_t structure_size_min(const Table& table, std::int16_t version, bool flexible) {
  std::size_t size = flexible ? 1 : 0;  // the count of tagged fields
  for (const Field& field : table) {
    if (!field.spec.versions.contains(version) || field.is_tagged()) continue;
    if (field.vector != nullptr) {
      size += flexible ? 1 : 4;
    } else if (field.kind == Kind::structure && field.is_nullable_in(version)) {
      size += 1;
    } else {
      size += value_size_min(field, version, flexible);
    }
  }
  return size;
}

}  // namespace

std::string type_name(const Field& field) {
  std::string name(field.vector != nullptr ? "[]" : "");
  return name += kind_name(field);
}

std::size_t element_size_min(const Field& field, std::int16_t version, bool flexible) {
  return std::max<std::size_t>(value_size_min(field, version, flexible), 1);
}

}  // namespace moldau::protocol
