#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "protocol/json.h"

namespace moldau::protocol {

/// The topics whose records are messages of the protocol.
enum class InternalLog : std::uint8_t {
  none,  ///< anybody's records
  metadata,
  consumer_offsets,
  transaction_state,
  share_group_state,
};

InternalLog internal_log_of(std::string_view topic);

/// A record of an internal topic as JSON members without braces:
///   "type":"OffsetCommit","key":{...},"version":4,"value":{...}
/// A tombstone has a null value and no version; records of the metadata log have no key. Errors:
/// unsupported for types and versions that we do not know, corrupt, truncated.
Result<std::string> internal_record_members(InternalLog log, std::optional<Bytes> key,
                                            std::optional<Bytes> value, const JsonOptions& options);

/// The same for a record of a control batch, in any log: the end of a transaction, or what the
/// metadata quorum writes. A type that we do not know is "Unknown" with its number.
Result<std::string> control_record_members(Bytes key, std::optional<Bytes> value,
                                           const JsonOptions& options);

/// Whether this is a record of the metadata log with a credential in it, wherever it turns up: in a
/// Fetch, or in a segment that was copied to somewhere else.
bool is_secret_record(std::optional<Bytes> key, std::optional<Bytes> value);

}  // namespace moldau::protocol
