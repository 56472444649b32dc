#pragma once

#include <cstddef>

#include "base/bytes.h"

namespace moldau::protocol {

/// How many bytes the UTF-8 character at the front takes: 1 to 4; 0 if there is none, which is so
/// for overlong forms and surrogates, too.
std::size_t utf8_length(Bytes bytes);

bool is_utf8(Bytes bytes);

}  // namespace moldau::protocol
