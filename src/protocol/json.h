#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "protocol/redact.h"

namespace moldau::protocol {

struct Schema;

/// How a message is printed.
struct JsonOptions {
  enum class Records : std::uint8_t {
    size,     ///< "recordsSizeInBytes":1024
    summary,  ///< "records":{"sizeInBytes":1024,"batches":1,"records":3}
    content,  ///< each batch with its records' keys and values (records_json.h)
  };
  Secrets secrets{Secrets::hidden};
  Records records{Records::size};
  /// Printing stops soon after so many bytes, and the text ends with cut_mark: it is for people, no
  /// JSON any more. What a huge message takes is bounded by it.
  std::size_t bytes_max{std::numeric_limits<std::size_t>::max()};
};

inline constexpr std::string_view cut_mark = "... (cut)";

/// `message` points to the struct that `schema` describes. What the version does not carry, and
/// tagged fields that it would not write, are left out.
std::string message_to_json(const Schema& schema, const void* message, std::int16_t version,
                            const JsonOptions& options);

/// Appends `text` as a JSON string: quoted, control characters escaped (those above ASCII, too, so
/// that no terminal obeys them). What is not UTF-8 becomes U+FFFD.
void append_json_string(std::string& out, std::string_view text);
/// Appends bytes as a JSON string if they are UTF-8, else as {"base64":"..."}.
void append_json_bytes(std::string& out, Bytes bytes);
/// Appends bytes as a JSON string in base64, with padding.
void append_json_base64(std::string& out, Bytes bytes);

}  // namespace moldau::protocol
