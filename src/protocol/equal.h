#pragma once

#include "protocol/schema.h"

namespace moldau::protocol {

/// Both point to the field, std::optional and std::vector included.
bool equal_field(const Field& field, const void* a, const void* b);
bool equal_structure(const Table& table, const void* a, const void* b);

}  // namespace moldau::protocol
