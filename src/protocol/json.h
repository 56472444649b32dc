#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"

namespace moldau::protocol {

/// Appends `text` as a JSON string: quoted, escaped. Bytes that are not ASCII are kept.
void append_json_string(std::string& out, std::string_view text);
/// Appends bytes as a JSON string in base64, with padding.
void append_json_base64(std::string& out, Bytes bytes);

}  // namespace moldau::protocol
