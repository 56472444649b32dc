#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "base/text.h"
#include "base/uuid.h"
#include "protocol/fields.h"

/// From `T::fields` to constant-initialised tables. Only the .cc files of messages include this;
/// the code that reads the tables is the same for all messages.
namespace moldau::protocol {

enum class Kind : std::uint8_t {
  boolean,
  int8,
  int16,
  uint16,
  int32,
  uint32,
  int64,
  float64,
  uuid,
  string,
  bytes,
  records,
  structure,
};

/// How to handle a std::vector<T> without knowing T.
struct VectorOps {
  std::size_t (*size)(const void* vector);
  void* (*data)(void* vector);
  void (*resize)(void* vector, std::size_t size);
  std::uint32_t stride;
};

/// How to handle a std::optional<T> without knowing T.
struct OptionalOps {
  const void* (*get)(const void* optional);  ///< null if it has no value
  void* (*emplace)(void* optional);
  void (*reset)(void* optional);
};

struct Table;

struct Field {
  const char* name{nullptr};
  /// This field in the struct's default instance: tells both the default and the field's place.
  const void* default_value{nullptr};
  const Table* nested{nullptr};          ///< of structures and of arrays of structures
  const VectorOps* vector{nullptr};      ///< null unless an array
  const OptionalOps* optional{nullptr};  ///< null unless nullable
  Spec spec{};
  Kind kind{};  ///< of an array: of its elements

  bool is_tagged() const { return spec.tag_number >= 0; }
  bool is_nullable_in(std::int16_t version) const {
    return optional != nullptr && spec.nullable.contains(version);
  }
};

/// One struct: its fields in wire order, and which of them are tagged, in the order of their tags.
struct Table {
  std::string_view struct_name;
  const Field* fields;
  const std::uint8_t* tagged;
  std::uint8_t size;
  std::uint8_t tagged_size;
  bool has_errors;  ///< an ErrorCode, here or in a struct inside
  std::uint32_t object_size;
  const void* default_instance;

  std::size_t offset(const Field& field) const {
    return static_cast<std::size_t>(static_cast<const char*>(field.default_value) -
                                    static_cast<const char*>(default_instance));
  }
  const void* at(const void* object, const Field& field) const {
    return static_cast<const char*>(object) + offset(field);
  }
  void* at(void* object, const Field& field) const {
    return static_cast<char*>(object) + offset(field);
  }
  const Field* begin() const { return fields; }
  const Field* end() const { return fields + size; }
};

class Encoder;
class Decoder;

/// A codec compiled from the same description, for messages where a profile asks for it.
struct CompiledCodec {
  bool (*encode)(Encoder&, const void* message);
  bool (*decode)(Decoder&, void* message);
};

/// A message of a type known only by its Schema.
using Instance = std::unique_ptr<void, void (*)(void*)>;

struct Schema {
  const MessageInfo& info;
  const Table& table;
  Instance (*make)();
  const CompiledCodec* compiled{nullptr};
};

/// Kafka's notation of the field's type: "int32", "[]string", "Cursor", "[]FetchTopic".
std::string type_name(const Field& field);

/// The fewest bytes that one element of the array `field` takes in this version; at least 1. With
/// it an array's count is checked against the bytes left before memory is allocated.
std::size_t element_size_min(const Field& field, std::int16_t version, bool flexible);

// --- How the tables are made -----------------------------------------------------------------

namespace detail {

/// A value-initialised S that needs no start-up code and is never destroyed. `none` only makes the
/// union a literal type.
template <class S>
union DefaultInstance {
  S value;
  char none;
  constexpr DefaultInstance() : value{} {}
  constexpr ~DefaultInstance() {}
};
template <class S>
[[clang::no_destroy]] inline constinit const DefaultInstance<S> default_instance;

template <class T>
inline constexpr VectorOps vector_ops{
    .size = [](const void* vector) { return static_cast<const std::vector<T>*>(vector)->size(); },
    .data = [](void* vector) -> void* { return static_cast<std::vector<T>*>(vector)->data(); },
    .resize =
        [](void* vector, std::size_t size) {
          auto& elements = *static_cast<std::vector<T>*>(vector);
          elements.clear();
          elements.resize(size);
        },
    .stride = sizeof(T),
};

template <class T>
inline constexpr OptionalOps optional_ops{
    .get = [](const void* optional) -> const void* {
      const auto& value = *static_cast<const std::optional<T>*>(optional);
      return value ? &*value : nullptr;
    },
    .emplace = [](void* optional) -> void* {
      // Not emplace(): inside its enclosing struct a nested struct with defaults counts as not
      // default-constructible, and std::optional remembers that.
      return &static_cast<std::optional<T>*>(optional)->emplace(T{});
    },
    .reset = [](void* optional) { static_cast<std::optional<T>*>(optional)->reset(); },
};

template <class T>
struct VectorElement {
  using Type = void;
};
template <class T>
struct VectorElement<std::vector<T>> {
  using Type = T;
};

template <class T>
struct OptionalValue {
  using Type = void;
};
template <class T>
struct OptionalValue<std::optional<T>> {
  using Type = T;
};

template <std::integral T>
constexpr Kind integer_kind() {
  if constexpr (std::same_as<T, bool>)
    return Kind::boolean;
  else if constexpr (sizeof(T) == 1)
    return Kind::int8;
  else if constexpr (sizeof(T) == 2)
    return std::is_signed_v<T> ? Kind::int16 : Kind::uint16;
  else if constexpr (sizeof(T) == 4)
    return std::is_signed_v<T> ? Kind::int32 : Kind::uint32;
  else
    return Kind::int64;
}

template <class T>
constexpr Kind kind_of() {
  if constexpr (std::integral<T>)
    return integer_kind<T>();
  else if constexpr (std::is_enum_v<T>)
    return integer_kind<std::underlying_type_t<T>>();
  else if constexpr (StrongId<T>)
    return integer_kind<typename T::Rep>();
  else if constexpr (std::same_as<T, double>)
    return Kind::float64;
  else if constexpr (std::same_as<T, Uuid>)
    return Kind::uuid;
  else if constexpr (std::same_as<T, Text>)
    return Kind::string;
  else if constexpr (std::same_as<T, SharedBytes>)
    return Kind::bytes;
  else
    return Kind::structure;
}

template <class S>
consteval std::string_view struct_name() {
  std::string_view text = __PRETTY_FUNCTION__;
  text = text.substr(text.find("S = ") + 4);
  text = text.substr(0, text.rfind(']'));
  const std::size_t colon = text.rfind(':');
  return colon == std::string_view::npos ? text : text.substr(colon + 1);
}

template <class S>
extern const Table table_of;

template <class T>
constexpr void describe_type(Field& field) {
  if constexpr (using V = typename OptionalValue<T>::Type; !std::is_void_v<V>) {
    field.optional = &optional_ops<V>;
    describe_type<V>(field);
  } else if constexpr (using E = typename VectorElement<T>::Type; !std::is_void_v<E>) {
    static_assert(std::is_void_v<typename VectorElement<E>::Type>, "no arrays of arrays");
    field.vector = &vector_ops<E>;
    describe_type<E>(field);
  } else {
    field.kind = kind_of<T>();
    if constexpr (kind_of<T>() == Kind::structure) field.nested = &table_of<T>;
  }
}

template <class M>
constexpr Field describe_field(const void* default_value, const char* name, const Spec& spec) {
  Field field{.name = name, .default_value = default_value, .spec = spec};
  describe_type<M>(field);
  if (spec.is_records) field.kind = Kind::records;
  return field;
}

/// What `fields` is called with: writes a Field for each call, or only counts them.
class FieldSink {
 public:
  constexpr explicit FieldSink(Field* out) : out_(out) {}
  template <class M, class S>
  constexpr void operator()(M S::* member, const char* name, const Spec& spec = {}) {
    if (out_ != nullptr) {
      out_[size_] = describe_field<M>(&(default_instance<S>.value.*member), name, spec);
    }
    ++size_;
    if (spec.tag_number >= 0) ++tagged_size_;
  }
  constexpr std::uint8_t size() const { return size_; }
  constexpr std::uint8_t tagged_size() const { return tagged_size_; }

 private:
  Field* out_;
  std::uint8_t size_{0};
  std::uint8_t tagged_size_{0};
};

template <class S>
consteval FieldSink count_fields() {
  FieldSink sink(nullptr);
  S::fields(sink);
  return sink;
}

/// What is inside std::optional and std::vector, in any order of them.
template <class T>
struct Innermost {
  using Type = T;
};
template <class T>
struct Innermost<std::optional<T>> : Innermost<T> {};
template <class T>
struct Innermost<std::vector<T>> : Innermost<T> {};

/// Whether the struct, or one inside it, has an ErrorCode.
template <class S>
consteval bool has_errors();

class ErrorSink {
 public:
  template <class M, class S>
  constexpr void operator()(M S::*, const char* name, const Spec& = {}) {
    using Inner = typename Innermost<M>::Type;
    if constexpr (kind_of<Inner>() == Kind::structure) {
      found = found || has_errors<Inner>();
    } else {
      found = found || (kind_of<Inner>() == Kind::int16 && std::string_view(name) == "ErrorCode");
    }
  }
  bool found{false};
};

template <class S>
consteval bool has_errors() {
  ErrorSink sink;
  S::fields(sink);
  return sink.found;
}

template <class S>
struct TableStorage {
  static constexpr FieldSink count = count_fields<S>();
  // One element more each, so that none is empty.
  using Fields = std::array<Field, count.size() + 1>;
  using Tagged = std::array<std::uint8_t, count.tagged_size() + 1>;

  static consteval Fields make_fields() {
    Fields result{};
    FieldSink sink(result.data());
    S::fields(sink);
    return result;
  }
  static consteval Tagged sort_tagged(const Fields& all) {
    Tagged result{};
    std::size_t size = 0;
    for (std::uint8_t i = 0; i < count.size(); ++i) {
      if (all[i].spec.tag_number < 0) continue;
      std::size_t at = size++;
      for (; at > 0 && all[result[at - 1]].spec.tag_number > all[i].spec.tag_number; --at) {
        result[at] = result[at - 1];
      }
      result[at] = i;
    }
    return result;
  }

  static constexpr Fields fields = make_fields();
  static constexpr Tagged tagged = sort_tagged(fields);
};

template <class S>
constexpr Table table_of{
    .struct_name = struct_name<S>(),
    .fields = TableStorage<S>::fields.data(),
    .tagged = TableStorage<S>::tagged.data(),
    .size = TableStorage<S>::count.size(),
    .tagged_size = TableStorage<S>::count.tagged_size(),
    .has_errors = has_errors<S>(),
    .object_size = sizeof(S),
    .default_instance = &default_instance<S>.value,
};

}  // namespace detail

/// For `constinit const Schema FetchRequest::schema = schema_of<FetchRequest>();`
template <class T>
consteval Schema schema_of(const CompiledCodec* compiled = nullptr) {
  constexpr auto make = []() -> Instance {
    return {std::make_unique<T>().release(),
            [](void* message) { std::default_delete<T>{}(static_cast<T*>(message)); }};
  };
  return {.info = T::info, .table = detail::table_of<T>, .make = make, .compiled = compiled};
}

}  // namespace moldau::protocol
