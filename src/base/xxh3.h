#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace moldau {

/// XXH3, 64 bits, without a seed: what Kafka hashes the metadata of subscribed topics with
/// (KIP-1101). Not for what an adversary chooses.
std::uint64_t xxh3_64(Bytes bytes);

}  // namespace moldau
