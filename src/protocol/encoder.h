#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "base/bytes.h"
#include "base/error.h"
#include "base/text.h"
#include "protocol/codec_error.h"
#include "protocol/schema.h"
#include "protocol/writer.h"

namespace moldau::protocol {

/// Writes one message by interpreting its table. Functions return false after an error, which
/// `error` then holds.
class Encoder {
 public:
  Encoder(const Schema& schema, std::int16_t version, Writer& out)
      : schema_(schema),
        version_(version),
        flexible_(schema.info.is_flexible(version)),
        out_(out) {}

  bool message(const void* message) { return structure(schema_.table, message); }
  bool structure(const Table& table, const void* object);

  // Shared with the compiled codec.
  std::int16_t version() const { return version_; }
  bool flexible() const { return flexible_; }
  Writer& out() { return out_; }
  CodecError& error() { return error_; }
  bool is_set_but_absent() {
    return error_.fail(Errc::unsupported, "is set, but this version does not have it");
  }
  bool is_null() {
    return error_.fail(Errc::unsupported, "is null, which this version does not allow");
  }
  bool string(const Text& text, bool compact);
  bool bytes(const SharedBytes& bytes, bool compact);
  bool array_size(std::size_t size, bool compact);
  void null(Kind kind, bool is_array, bool compact);
  /// The section at the end of a flexible struct.
  bool tagged_fields(const Table& table, const void* object);
  Error take_error() const { return error_.take(schema_.info, version_); }

 private:
  bool field(const Field& field, const void* at);
  bool present(const Field& field, const void* value);
  bool array(const Field& field, const void* vector);
  bool value(const Field& field, const void* at);
  bool absent(const Field& field, const void* at);

  const Schema& schema_;
  const std::int16_t version_;
  const bool flexible_;
  Writer& out_;
  CodecError error_;
};

}  // namespace moldau::protocol
