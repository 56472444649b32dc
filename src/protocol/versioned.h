#pragma once

#include <cstdint>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"
#include "protocol/codec.h"

/// Messages that carry a number in front of their body, as an int16: the version of a
/// coordinator's value or of an embedded consumer protocol, or the type of a coordinator's key.
namespace moldau::protocol {

inline constexpr std::size_t number_in_front_size = sizeof(std::int16_t);

/// Errc::truncated if the bytes are too few to have one.
Result<std::int16_t> number_in_front(Bytes bytes);

/// The version, then the message in that version. Errors are those of `encode`.
template <Message T>
Result<SharedBytes> encode_versioned(const T& message, std::int16_t version) {
  Writer out;
  out.put(version);
  TRY(encode(message, version, out));
  return out.take();
}

/// Errors are those of `decode`: Errc::unsupported for a version that the message does not have.
template <Message T>
Result<Decoded<T>> decode_versioned(SharedBytes bytes) {
  const std::int16_t version = TRY(number_in_front(bytes.bytes()));
  return decode<T>(std::move(bytes), version, number_in_front_size);
}

/// The key of a coordinator's record: the record's type, then the key, which has only version 0.
template <Message T>
Result<SharedBytes> encode_record_key(const T& key) {
  static_assert(T::info.type == MessageType::coordinator_key);
  Writer out;
  out.put(T::info.api_key);
  TRY(encode(key, 0, out));
  return out.take();
}

/// The key without its type, of which the caller knows (`number_in_front`) that it is T's.
template <Message T>
Result<Decoded<T>> decode_record_key(SharedBytes bytes) {
  static_assert(T::info.type == MessageType::coordinator_key);
  return decode<T>(std::move(bytes), 0, number_in_front_size);
}

}  // namespace moldau::protocol
