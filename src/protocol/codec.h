#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"
#include "protocol/fields.h"
#include "protocol/writer.h"

/// Encoding and decoding of messages: one codec that interprets the table of each struct.
/// Thread-safe: there is no state but the arguments.
namespace moldau::protocol {

/// A struct that describes itself, with its Schema defined in its .cc file.
template <class T>
concept Message = std::default_initializable<T> && requires {
  { T::info } -> std::same_as<const MessageInfo&>;
  { T::schema } -> std::same_as<const Schema&>;
};

/// A message and the bytes that its texts and slices are views of. Moving it keeps them valid.
template <class T>
struct Decoded {
  T message;
  SharedBytes frame;
  std::size_t end{0};  ///< position in `frame` behind the message

  const T* operator->() const { return &message; }
  T* operator->() { return &message; }
};

/// Type-erased forms: `message` points to the struct that `schema` describes.
Result<> encode_message(const Schema& schema, const void* message, std::int16_t version,
                        Writer& out);
/// Returns the position behind the message.
Result<std::size_t> decode_message(const Schema& schema, void* message, std::int16_t version,
                                   const SharedBytes& frame, std::size_t position);
bool equal_messages(const Schema& schema, const void* a, const void* b);
std::string message_to_json(const Schema& schema, const void* message, std::int16_t version);

/// Appends the message. Errc::unsupported if the version lacks a field that is set and not
/// ignorable, or does not allow a null, or is not one of the message's versions.
template <Message T>
Result<> encode(const T& message, std::int16_t version, Writer& out) {
  return encode_message(T::schema, &message, version, out);
}

template <Message T>
Result<SharedBytes> encode(const T& message, std::int16_t version) {
  Writer out;
  TRY(encode_message(T::schema, &message, version, out));
  return out.take();
}

/// Reads a message that starts at `position`. Bytes behind it are left alone, as Apache does with
/// requests; who minds compares `end`. Errc::truncated or corrupt for bytes that break the format,
/// Errc::unsupported for a version that the message does not have.
template <Message T>
Result<Decoded<T>> decode(SharedBytes frame, std::int16_t version, std::size_t position = 0) {
  Decoded<T> decoded{T{}, std::move(frame), 0};
  decoded.end = TRY(decode_message(T::schema, &decoded.message, version, decoded.frame, position));
  return decoded;
}

/// Equal in all fields, whichever version they belong to.
template <Message T>
bool equal(const T& a, const T& b) {
  return equal_messages(T::schema, &a, &b);
}

/// One line of JSON with Kafka's names in camel case, as Apache's tools print messages.
template <Message T>
std::string to_json(const T& message, std::int16_t version) {
  return message_to_json(T::schema, &message, version);
}

}  // namespace moldau::protocol
