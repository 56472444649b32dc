#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/error.h"
#include "bounded_work.h"
#include "protocol/schema.h"

namespace moldau::fuzz {

/// Of any message, whatever it is. 48 times is the promise of src/protocol/README.md; the rest is
/// the message itself and the text of an error. A step limit of a byte: an element of one byte can
/// be a struct of some twenty fields that the version lacks.
inline constexpr WorkLimit message_limit{
    .memory_per_byte = 48, .memory_fixed = 8 << 10, .steps_per_byte = 400, .steps_fixed = 8000};

/// Decodes the message at `position` as a server or client does, within `message_limit`. What could
/// be decoded must come back equal, byte for byte the same the second time; a compiled codec must
/// say what the table says. Returns where the message ends.
Result<std::size_t> try_message(const protocol::Schema& schema, std::int16_t version,
                                const SharedBytes& frame, std::size_t position);

}  // namespace moldau::fuzz
