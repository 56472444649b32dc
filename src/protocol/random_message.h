#pragma once

#include <cstdint>

#include "base/prng.h"
#include "protocol/schema.h"

namespace moldau::protocol {

enum class Extent : std::uint8_t {
  small,  ///< short arrays of ASCII texts: a few hundred bytes
  any,    ///< now and then long arrays, texts and bytes, any letters, NaN: up to some 100 KiB
};

/// Fills a default-constructed message with whatever `version` can carry: nulls where they are
/// allowed, extreme numbers, tagged fields that are set or not. Fields that the version lacks are
/// left alone, so that encoding and decoding give an equal message. For tests and fuzzing.
void fill_random(const Schema& schema, void* message, std::int16_t version, Prng& prng,
                 Extent extent = Extent::small);

}  // namespace moldau::protocol
