#include "protocol/encoder.h"

#include <cstring>

#include "base/endian.h"
#include "base/uuid.h"
#include "protocol/equal.h"

namespace moldau::protocol {
namespace {

/// Apache refuses longer strings in compact form too.
constexpr std::size_t string_size_max = 0x7fff;
constexpr std::size_t size_max = std::numeric_limits<std::int32_t>::max();

template <std::integral T>
T load(const void* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

}  // namespace

bool Encoder::string(const Text& text, bool compact) {
  if (text.size() > string_size_max) return error_.fail(Errc::too_large, "over 32767 bytes");
  if (compact) {
    out_.put_uvarint(text.size() + 1);
  } else {
    out_.put(static_cast<std::int16_t>(text.size()));
  }
  out_.put_bytes(as_bytes(text.view()));
  return true;
}

bool Encoder::bytes(const SharedBytes& bytes, bool compact) {
  if (!array_size(bytes.size(), compact)) return false;
  out_.put_shared(bytes);
  return true;
}

bool Encoder::array_size(std::size_t size, bool compact) {
  if (size > size_max) return error_.fail(Errc::too_large, "over 2^31 - 1");
  if (compact) {
    out_.put_uvarint(size + 1);
  } else {
    out_.put(static_cast<std::int32_t>(size));
  }
  return true;
}

void Encoder::null(Kind kind, bool is_array, bool compact) {
  if (kind == Kind::structure && !is_array) {
    out_.put(std::int8_t{-1});
  } else if (compact) {
    out_.put_uvarint(0);
  } else if (kind == Kind::string && !is_array) {
    out_.put(std::int16_t{-1});
  } else {
    out_.put(std::int32_t{-1});
  }
}

bool Encoder::structure(const Table& table, const void* object) {
  for (const Field& field : table) {
    const void* at = table.at(object, field);
    if (!field.spec.versions.contains(version_)) {
      if (!absent(field, at)) return error_.within(field.name);
    } else if (!field.is_tagged() && !this->field(field, at)) {
      return error_.within(field.name);
    }
  }
  return !flexible_ || tagged_fields(table, object);
}

/// What a version cannot carry may be left out only if nobody would miss it.
bool Encoder::absent(const Field& field, const void* at) {
  if (field.spec.is_ignorable || equal_field(field, at, field.default_value)) return true;
  return is_set_but_absent();
}

bool Encoder::field(const Field& field, const void* at) {
  if (field.optional == nullptr) return present(field, at);
  const void* value = field.optional->get(at);
  const bool is_structure = field.kind == Kind::structure && field.vector == nullptr;
  if (value != nullptr) {
    if (is_structure && field.is_nullable_in(version_)) out_.put(std::int8_t{1});
    return present(field, value);
  }
  if (!field.is_nullable_in(version_)) return is_null();
  if (is_structure && field.is_tagged()) {
    out_.put_uvarint(0);  // an unsigned varint says it, where untagged structs have a signed byte
    return true;
  }
  null(field.kind, field.vector != nullptr, flexible_ && !field.spec.is_never_compact);
  return true;
}

bool Encoder::present(const Field& field, const void* at) {
  return field.vector != nullptr ? array(field, at) : value(field, at);
}

bool Encoder::array(const Field& field, const void* vector) {
  const std::size_t size = field.vector->size(vector);
  if (!array_size(size, flexible_)) return false;
  // The operations take a mutable vector because decoding fills it; here it is only read.
  const auto* element = static_cast<const char*>(field.vector->data(const_cast<void*>(vector)));
  for (std::size_t i = 0; i < size; ++i, element += field.vector->stride) {
    if (!value(field, element)) return false;
  }
  return true;
}

bool Encoder::value(const Field& field, const void* at) {
  const bool compact = flexible_ && !field.spec.is_never_compact;
  switch (field.kind) {
    case Kind::boolean:
      out_.put(static_cast<std::uint8_t>(load<std::uint8_t>(at) != 0));
      return true;
    case Kind::int8:
      out_.put(load<std::int8_t>(at));
      return true;
    case Kind::int16:
    case Kind::uint16:
      out_.put(load<std::uint16_t>(at));
      return true;
    case Kind::int32:
    case Kind::uint32:
      out_.put(load<std::uint32_t>(at));
      return true;
    case Kind::int64:
    case Kind::float64:
      out_.put(load<std::uint64_t>(at));
      return true;
    case Kind::uuid:
      out_.put_bytes(static_cast<const Uuid*>(at)->bytes);
      return true;
    case Kind::string:
      return string(*static_cast<const Text*>(at), compact);
    case Kind::bytes:
    case Kind::records:
      return bytes(*static_cast<const SharedBytes*>(at), compact);
    case Kind::structure:
      return structure(*field.nested, at);
  }
  return error_.fail(Errc::invalid, "unknown kind");
}

bool Encoder::tagged_fields(const Table& table, const void* object) {
  std::uint32_t count = 0;
  for (std::size_t i = 0; i < table.tagged_size; ++i) {
    const Field& field = table.fields[table.tagged[i]];
    if (field.spec.versions.contains(version_) &&
        !equal_field(field, table.at(object, field), field.default_value)) {
      ++count;
    }
  }
  out_.put_uvarint(count);
  if (count == 0) return true;
  const Writer::GatherPause pause(out_);
  for (std::size_t i = 0; i < table.tagged_size; ++i) {
    const Field& field = table.fields[table.tagged[i]];
    const void* at = table.at(object, field);
    if (!field.spec.versions.contains(version_) || equal_field(field, at, field.default_value)) {
      continue;
    }
    out_.put_uvarint(static_cast<std::uint64_t>(field.spec.tag_number));
    const std::size_t position = out_.position();
    if (!this->field(field, at)) return error_.within(field.name);
    out_.prefix_size(position);
  }
  return true;
}

}  // namespace moldau::protocol
