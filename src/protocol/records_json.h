#pragma once

#include <cstddef>
#include <string>

#include "base/bytes.h"
#include "protocol/json.h"

namespace moldau::protocol {

/// Most that the records of one field are decompressed to while they are printed.
inline constexpr std::size_t printed_records_bytes_max = std::size_t{64} << 20;

/// Appends what a records field holds, as `options.records` says: how many batches and records, or
/// all of them. Bytes are not trusted: what is wrong with them stands in "error". Records of the
/// metadata log that hold credentials are hidden like any other.
void append_records_json(std::string& out, Bytes bytes, const JsonOptions& options);

}  // namespace moldau::protocol
