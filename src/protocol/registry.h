#pragma once

#include <span>

#include "protocol/api_key.h"
#include "protocol/schema.h"

namespace moldau::protocol {

/// Every message that we have, requests and responses first. A message that is missing here is
/// found by a check.
std::span<const Schema* const> all_schemas();

/// The request or response of an API; null if we do not have it. `schema->info` tells the valid and
/// the flexible versions.
const Schema* find_schema(MessageType type, ApiKey key);

}  // namespace moldau::protocol
