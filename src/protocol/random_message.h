#pragma once

#include <cstdint>

#include "base/prng.h"
#include "protocol/schema.h"

namespace moldau::protocol {

/// Fills a default-constructed message with whatever `version` can carry: nulls where they are
/// allowed, short arrays, tagged fields that are set or not. Fields that the version lacks are left
/// alone, so that encoding and decoding give an equal message. For tests and fuzzing.
void fill_random(const Schema& schema, void* message, std::int16_t version, Prng& prng);

}  // namespace moldau::protocol
