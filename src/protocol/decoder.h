#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/endian.h"
#include "base/error.h"
#include "base/text.h"
#include "base/varint.h"
#include "protocol/codec_error.h"
#include "protocol/schema.h"

namespace moldau::protocol {

/// Reads one message by interpreting its table. The bytes are hostile: nothing is read past the
/// end, no memory is allocated that the bytes left could not fill, and all arrays together take at
/// most `array_bytes_max` (an element may take 80 times its bytes in the frame). Functions return
/// false after an error, which `take_error` then tells.
class Decoder {
 public:
  /// Room for 600,000 partitions in a Fetch, for instance.
  static constexpr std::size_t array_bytes_max = std::size_t{64} << 20;

  Decoder(const Schema& schema, std::int16_t version, const SharedBytes& frame,
          std::size_t position)
      : schema_(schema),
        version_(version),
        flexible_(schema.info.is_flexible(version)),
        frame_(frame),
        at_(frame.data() + position),
        end_(frame.data() + frame.size()) {}

  bool message(void* message) { return structure(schema_.table, message); }
  bool structure(const Table& table, void* object);
  std::size_t position() const { return static_cast<std::size_t>(at_ - frame_.data()); }
  Error take_error() const { return error_.take(schema_.info, version_); }

  // Shared with the compiled codec.
  std::int16_t version() const { return version_; }
  bool flexible() const { return flexible_; }
  CodecError& error() { return error_; }
  template <std::integral T>
  bool number(T& value) {
    if (left() < sizeof value) return ends_early();
    value = load_be<T>(at_);
    at_ += sizeof value;
    return true;
  }
  bool uvarint(std::uint32_t& value);
  /// Sizes are -1 for null.
  bool string_size(std::int32_t& size, bool compact);
  bool size(std::int32_t& size, bool compact);
  bool text(Text& text, std::int32_t size);
  bool bytes(SharedBytes& bytes, std::int32_t size);
  bool uuid(Uuid& uuid);
  /// That `count` elements of the array can be in the bytes left, and in memory.
  bool count_fits(const Field& field, std::int32_t count);
  /// The section at the end of a flexible struct; tags that the table does not have are skipped.
  bool tagged_fields(const Table& table, void* object);
  bool ends_early() { return error_.fail(Errc::truncated, "ends early"); }
  bool is_null() { return error_.fail(Errc::corrupt, "is null"); }

 private:
  bool field(const Field& field, void* at);
  bool array(const Field& field, void* vector, std::int32_t count);
  bool value(const Field& field, void* at);
  bool presence(const Field& field, bool& is_null);
  bool structure_or_null(const Field& field, void* at);
  bool tagged_field(const Table& table, void* object, std::uint32_t tag, std::uint32_t size);
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }

  const Schema& schema_;
  const std::int16_t version_;
  const bool flexible_;
  const SharedBytes& frame_;
  const std::uint8_t* at_;
  const std::uint8_t* end_;
  std::size_t array_bytes_left_{array_bytes_max};
  CodecError error_;
};

}  // namespace moldau::protocol
