#pragma once

#include "base/bytes.h"
#include "records/compression.h"

namespace moldau::fuzz {

/// Decompresses what a records area may hold. The first byte of the input chooses the limit,
/// whether the bytes are of a magic 0 message, and whether another area stands before them, which
/// a used decompressor has met: an input alone replays what it found. `codec_memory`: what the
/// library may take for itself, whatever the input is.
void try_decompress(records::Codec codec, std::size_t codec_memory, Bytes input);

}  // namespace moldau::fuzz
