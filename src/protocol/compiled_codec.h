#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <type_traits>
#include <vector>

#include "protocol/decoder.h"
#include "protocol/encoder.h"
#include "protocol/schema.h"

/// The codec of one message as templates, instantiated from the same `fields()` as its table. Only
/// the .cc of a message for which a profile asks includes this. It must do what Encoder and Decoder
/// do, which a test holds it to; what is rare (tagged fields that are set) it leaves to them.
namespace moldau::protocol::detail {

template <class T>
inline constexpr bool is_optional = !std::is_void_v<typename OptionalValue<T>::Type>;
template <class T>
inline constexpr bool is_vector = !std::is_void_v<typename VectorElement<T>::Type>;
template <class T>
inline constexpr bool is_number =
    std::integral<T> || std::is_enum_v<T> || StrongId<T> || std::same_as<T, double>;

template <class T>
bool is_same(const T& a, const T& b) {
  if constexpr (is_optional<T>) {
    return a && b ? is_same(*a, *b) : a.has_value() == b.has_value();
  } else if constexpr (is_vector<T>) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
      if (!is_same(a[i], b[i])) return false;
    }
    return true;
  } else if constexpr (kind_of<T>() == Kind::structure) {
    bool same = true;
    T::fields([&](auto T::* member, const char*, const Spec& = {}) {
      same = same && is_same(a.*member, b.*member);
    });
    return same;
  } else {
    return a == b;
  }
}

template <class S>
bool encode_structure(Encoder& encoder, const S& object);

template <class T>
bool encode_value(Encoder& encoder, const T& value, bool compact) {
  Writer& out = encoder.out();
  if constexpr (std::same_as<T, bool>) {
    out.put(static_cast<std::uint8_t>(value));
  } else if constexpr (StrongId<T>) {
    out.put(value.value());
  } else if constexpr (std::is_enum_v<T>) {
    out.put(static_cast<std::underlying_type_t<T>>(value));
  } else if constexpr (std::same_as<T, double>) {
    out.put(std::bit_cast<std::uint64_t>(value));
  } else if constexpr (std::integral<T>) {
    out.put(value);
  } else if constexpr (std::same_as<T, Uuid>) {
    out.put_bytes(value.bytes);
  } else if constexpr (std::same_as<T, Text>) {
    return encoder.string(value, compact);
  } else if constexpr (std::same_as<T, SharedBytes>) {
    return encoder.bytes(value, compact);
  } else if constexpr (is_vector<T>) {
    if (!encoder.array_size(value.size(), compact)) return false;
    for (const auto& element : value) {
      if (!encode_value(encoder, element, compact)) return false;
    }
  } else {
    return encode_structure(encoder, value);
  }
  return true;
}

template <class M>
bool encode_field(Encoder& encoder, const M& value, const Spec& spec) {
  const bool compact = encoder.flexible() && !spec.is_never_compact;
  if constexpr (is_optional<M>) {
    using V = typename OptionalValue<M>::Type;
    constexpr bool is_array = is_vector<V>;
    const bool is_nullable = spec.nullable.contains(encoder.version());
    if (!value) {
      if (!is_nullable) return encoder.is_null();
      encoder.null(is_array ? Kind::int8 : kind_of<V>(), is_array, compact);
      return true;
    }
    if constexpr (!is_array && kind_of<V>() == Kind::structure) {
      if (is_nullable) encoder.out().put(std::int8_t{1});
    }
    return encode_value(encoder, *value, compact);
  } else {
    return encode_value(encoder, value, compact);
  }
}

template <class S>
bool encode_structure(Encoder& encoder, const S& object) {
  bool ok = true;
  bool has_tagged = false;
  S::fields([&](auto S::* member, const char* name, const Spec& spec = {}) {
    if (!ok) return;
    const auto& value = object.*member;
    const auto is_default = [&] { return is_same(value, default_instance<S>.value.*member); };
    if (!spec.versions.contains(encoder.version())) {
      ok = spec.is_ignorable || is_default() || encoder.is_set_but_absent();
    } else if (spec.tag_number >= 0) {
      has_tagged = has_tagged || !is_default();
    } else {
      ok = encode_field(encoder, value, spec);
    }
    if (!ok) encoder.error().within(name);
  });
  if (!ok || !encoder.flexible()) return ok;
  if (has_tagged) return encoder.tagged_fields(table_of<S>, &object);
  encoder.out().put_uvarint(0);
  return true;
}

template <class S>
bool decode_structure(Decoder& decoder, S& object);

template <class T>
bool decode_number(Decoder& decoder, T& value) {
  std::conditional_t<
      sizeof(T) == 1, std::uint8_t,
      std::conditional_t<sizeof(T) == 2, std::uint16_t,
                         std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>>>
      bits{};
  if (!decoder.number(bits)) return false;
  if constexpr (std::same_as<T, bool>) {
    value = bits != 0;
  } else {
    value = std::bit_cast<T>(bits);
  }
  return true;
}

/// What has no size in front.
template <class T>
bool decode_plain(Decoder& decoder, T& value) {
  if constexpr (is_number<T>)
    return decode_number(decoder, value);
  else if constexpr (std::same_as<T, Uuid>)
    return decoder.uuid(value);
  else
    return decode_structure(decoder, value);
}

template <class T>
inline constexpr bool is_sized =
    is_vector<T> || std::same_as<T, Text> || std::same_as<T, SharedBytes>;

template <class T>
bool decode_size(Decoder& decoder, std::int32_t& size, bool compact) {
  if constexpr (std::same_as<T, Text>)
    return decoder.string_size(size, compact);
  else
    return decoder.size(size, compact);
}

template <class T>
bool decode_sized(Decoder& decoder, T& value, std::int32_t size, const Field& field, bool compact) {
  if constexpr (std::same_as<T, Text>) {
    return decoder.text(value, size);
  } else if constexpr (std::same_as<T, SharedBytes>) {
    return decoder.bytes(value, size);
  } else {
    using E = typename VectorElement<T>::Type;
    if (!decoder.count_fits(field, size)) return false;
    value.clear();
    value.resize(static_cast<std::size_t>(size));
    for (E& element : value) {
      if constexpr (is_sized<E>) {
        std::int32_t element_size = 0;
        if (!decode_size<E>(decoder, element_size, compact)) return false;
        if (element_size < 0) return decoder.is_null();
        if (!decode_sized(decoder, element, element_size, field, compact)) return false;
      } else if (!decode_plain(decoder, element)) {
        return false;
      }
    }
    return true;
  }
}

template <class M>
bool decode_field(Decoder& decoder, M& member, const Field& field) {
  const bool compact = decoder.flexible() && !field.spec.is_never_compact;
  if constexpr (is_optional<M>) {
    using V = typename OptionalValue<M>::Type;
    std::int32_t size = 0;
    if constexpr (is_sized<V>) {
      if (!decode_size<V>(decoder, size, compact)) return false;
      if (size < 0 && !field.is_nullable_in(decoder.version())) return decoder.is_null();
    } else if (field.is_nullable_in(decoder.version())) {
      std::int8_t presence = 0;
      if (!decoder.number(presence)) return false;
      size = presence < 0 ? -1 : 0;
    }
    if (size < 0) {
      member.reset();
      return true;
    }
    V& value = member.emplace(V{});
    if constexpr (is_sized<V>)
      return decode_sized(decoder, value, size, field, compact);
    else
      return decode_plain(decoder, value);
  } else if constexpr (is_sized<M>) {
    std::int32_t size = 0;
    if (!decode_size<M>(decoder, size, compact)) return false;
    if (size < 0) return decoder.is_null();
    return decode_sized(decoder, member, size, field, compact);
  } else {
    return decode_plain(decoder, member);
  }
}

template <class S>
bool decode_structure(Decoder& decoder, S& object) {
  bool ok = true;
  const Field* field = table_of<S>.fields;
  S::fields([&](auto S::* member, const char* name, const Spec& spec = {}) {
    const Field& described = *field++;
    if (!ok || spec.tag_number >= 0 || !spec.versions.contains(decoder.version())) return;
    ok = decode_field(decoder, object.*member, described) || decoder.error().within(name);
  });
  return ok && (!decoder.flexible() || decoder.tagged_fields(table_of<S>, &object));
}

template <class T>
inline constexpr CompiledCodec compiled_codec{
    .encode =
        [](Encoder& encoder, const void* message) {
          return encode_structure(encoder, *static_cast<const T*>(message));
        },
    .decode = [](Decoder& decoder,
                 void* message) { return decode_structure(decoder, *static_cast<T*>(message)); },
};

}  // namespace moldau::protocol::detail

namespace moldau::protocol {

/// `schema_of` with the compiled codec.
template <class T>
consteval Schema compiled_schema_of() {
  return schema_of<T>(&detail::compiled_codec<T>);
}

}  // namespace moldau::protocol
