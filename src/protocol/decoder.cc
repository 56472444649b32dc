#include "protocol/decoder.h"

#include <cstring>
#include <limits>
#include <string_view>

namespace moldau::protocol {

bool Decoder::uvarint(std::uint32_t& value) {
  const std::size_t used = get_uvarint<std::uint32_t>({at_, left()}, value);
  if (used == 0) {
    if (left() < varint32_size_max) return ends_early();
    return error_.fail(Errc::corrupt, "varint over 32 bits");
  }
  at_ += used;
  return true;
}

bool Decoder::string_size(std::int32_t& size, bool compact) {
  if (compact) {
    if (!this->size(size, true)) return false;
  } else {
    std::int16_t short_size = 0;
    if (!number(short_size)) return false;
    size = short_size;
    if (size < -1) return error_.fail(Errc::corrupt, "negative size");
  }
  // Apache refuses longer strings in compact form too.
  if (size > std::numeric_limits<std::int16_t>::max()) {
    return error_.fail(Errc::corrupt, "string over 32767 bytes");
  }
  return true;
}

bool Decoder::size(std::int32_t& size, bool compact) {
  if (compact) {
    std::uint32_t plus_one = 0;
    if (!uvarint(plus_one)) return false;
    if (plus_one > std::numeric_limits<std::int32_t>::max()) {
      return error_.fail(Errc::corrupt, "size over 2^31 - 2");
    }
    size = static_cast<std::int32_t>(plus_one) - 1;
    return true;
  }
  if (!number(size)) return false;
  return size >= -1 || error_.fail(Errc::corrupt, "negative size");
}

bool Decoder::text(Text& text, std::int32_t size) {
  if (left() < static_cast<std::size_t>(size)) return ends_early();
  text = Text::view({reinterpret_cast<const char*>(at_), static_cast<std::size_t>(size)});
  at_ += size;
  return true;
}

bool Decoder::bytes(SharedBytes& bytes, std::int32_t size) {
  if (left() < static_cast<std::size_t>(size)) return ends_early();
  bytes = frame_.slice(position(), static_cast<std::size_t>(size));
  at_ += size;
  return true;
}

bool Decoder::uuid(Uuid& uuid) {
  if (left() < uuid.bytes.size()) return ends_early();
  std::memcpy(uuid.bytes.data(), at_, uuid.bytes.size());
  at_ += uuid.bytes.size();
  return true;
}

bool Decoder::count_fits(const Field& field, std::int32_t count) {
  const auto elements = static_cast<std::size_t>(count);
  if (elements * element_size_min(field, version_, flexible_) > left()) {
    return error_.fail(Errc::truncated, "more elements than the bytes left can hold");
  }
  const std::size_t memory = elements * field.vector->stride;
  if (memory > array_bytes_left_) {
    return error_.fail(Errc::too_large, "more elements than memory is given for");
  }
  array_bytes_left_ -= memory;
  return true;
}

bool Decoder::structure(const Table& table, void* object) {
  for (const Field& field : table) {
    if (!field.spec.versions.contains(version_) || field.is_tagged()) continue;
    if (!this->field(field, table.at(object, field))) return error_.within(field.name);
  }
  return !flexible_ || tagged_fields(table, object);
}

bool Decoder::field(const Field& field, void* at) {
  if (field.kind == Kind::structure && field.vector == nullptr) {
    return structure_or_null(field, at);
  }
  const bool compact = flexible_ && !field.spec.is_never_compact;
  const bool is_array = field.vector != nullptr;
  const bool is_string = field.kind == Kind::string;
  const bool is_sized =
      is_array || is_string || field.kind == Kind::bytes || field.kind == Kind::records;
  if (!is_sized) return value(field, at);

  std::int32_t size = 0;
  if (!(is_string && !is_array ? string_size(size, compact) : this->size(size, compact))) {
    return false;
  }
  if (size < 0) {
    if (!field.is_nullable_in(version_)) return is_null();
    field.optional->reset(at);
    return true;
  }
  if (field.optional != nullptr) at = field.optional->emplace(at);
  if (is_array) return array(field, at, size);
  if (is_string) return text(*static_cast<Text*>(at), size);
  return bytes(*static_cast<SharedBytes*>(at), size);
}

/// Apache reads a signed byte in front of a struct, but an unsigned varint if the struct is tagged.
bool Decoder::presence(const Field& field, bool& is_null) {
  if (field.is_tagged()) {
    std::uint32_t present = 0;
    if (!uvarint(present)) return false;
    is_null = present == 0;
    return true;
  }
  std::int8_t present = 0;
  if (!number(present)) return false;
  is_null = present < 0;
  return true;
}

bool Decoder::structure_or_null(const Field& field, void* at) {
  if (field.is_nullable_in(version_)) {
    bool is_null = false;
    if (!presence(field, is_null)) return false;
    if (is_null) {
      field.optional->reset(at);
      return true;
    }
  }
  if (field.optional != nullptr) at = field.optional->emplace(at);
  return structure(*field.nested, at);
}

bool Decoder::array(const Field& field, void* vector, std::int32_t count) {
  if (!count_fits(field, count)) return false;
  const auto size = static_cast<std::size_t>(count);
  field.vector->resize(vector, size);
  auto* element = static_cast<char*>(field.vector->data(vector));
  for (std::size_t i = 0; i < size; ++i, element += field.vector->stride) {
    if (!value(field, element)) return false;
  }
  return true;
}

/// A value that is not null: a number, or an element of an array.
bool Decoder::value(const Field& field, void* at) {
  const bool compact = flexible_ && !field.spec.is_never_compact;
  std::int32_t size = 0;
  switch (field.kind) {
    case Kind::boolean: {
      std::uint8_t byte = 0;
      if (!number(byte)) return false;
      *static_cast<bool*>(at) = byte != 0;
      return true;
    }
    case Kind::int8: {
      std::uint8_t number = 0;
      if (!this->number(number)) return false;
      std::memcpy(at, &number, sizeof number);
      return true;
    }
    case Kind::int16:
    case Kind::uint16: {
      std::uint16_t number = 0;
      if (!this->number(number)) return false;
      std::memcpy(at, &number, sizeof number);
      return true;
    }
    case Kind::int32:
    case Kind::uint32: {
      std::uint32_t number = 0;
      if (!this->number(number)) return false;
      std::memcpy(at, &number, sizeof number);
      return true;
    }
    case Kind::int64:
    case Kind::float64: {
      std::uint64_t number = 0;
      if (!this->number(number)) return false;
      std::memcpy(at, &number, sizeof number);
      return true;
    }
    case Kind::uuid:
      return uuid(*static_cast<Uuid*>(at));
    case Kind::string:
      if (!string_size(size, compact)) return false;
      return size < 0 ? is_null() : text(*static_cast<Text*>(at), size);
    case Kind::bytes:
    case Kind::records:
      if (!this->size(size, compact)) return false;
      return size < 0 ? is_null() : bytes(*static_cast<SharedBytes*>(at), size);
    case Kind::structure:
      return structure(*field.nested, at);
  }
  return error_.fail(Errc::invalid, "unknown kind");
}

bool Decoder::tagged_fields(const Table& table, void* object) {
  std::uint32_t count = 0;
  if (!uvarint(count)) return error_.within("tagged fields");
  for (; count > 0; --count) {
    std::uint32_t tag = 0;
    std::uint32_t size = 0;
    if (!uvarint(tag) || !uvarint(size)) return error_.within("tagged fields");
    if (left() < size) return ends_early(), error_.within("tagged fields");
    if (!tagged_field(table, object, tag, size)) return false;
  }
  return true;
}

bool Decoder::tagged_field(const Table& table, void* object, std::uint32_t tag,
                           std::uint32_t size) {
  const std::uint8_t* after = at_ + size;
  for (std::size_t i = 0; i < table.tagged_size; ++i) {
    const Field& field = table.fields[table.tagged[i]];
    if (static_cast<std::uint32_t>(field.spec.tag_number) != tag ||
        !field.spec.versions.contains(version_)) {
      continue;
    }
    const std::uint8_t* end = std::exchange(end_, after);
    if (!this->field(field, table.at(object, field))) return error_.within(field.name);
    end_ = end;
    if (at_ == after) return true;
    return error_.fail(Errc::corrupt, "ends before its tagged size"), error_.within(field.name);
  }
  at_ = after;
  return true;
}

}  // namespace moldau::protocol
