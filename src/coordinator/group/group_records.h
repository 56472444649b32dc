#pragma once

#include <optional>
#include <string_view>
#include <variant>

#include "base/bytes.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/text.h"
#include "coordinator/group/offsets.h"
#include "coordinator/runtime/step.h"
#include "protocol/records/group_records.h"

/// The records of `__consumer_offsets` as Apache Kafka 4.2 writes them: a key is an int16 type and
/// a body, a value an int16 version and a body (docs/formats/consumer_offsets.md).
namespace moldau::coordinator {

/// Version 4, or 1 if there is an explicit expiry.
Record offset_record(std::string_view group, std::string_view topic, PartitionId partition,
                     const CommittedOffset& committed);
Record offset_tombstone(std::string_view group, std::string_view topic, PartitionId partition);
/// Version 3. All texts came in a request or a record, so they are not too long.
Record group_record(std::string_view group, const protocol::GroupMetadataValue& value);
Record group_tombstone(std::string_view group);

/// A record of a type that is not read here.
struct UnknownEntry {};
/// Texts are views of the record.
struct OffsetEntry {
  Text group;
  Text topic;
  PartitionId partition;
  std::optional<CommittedOffset> committed;  ///< null: a tombstone
};
/// Texts and bytes are views of the record.
struct GroupEntry {
  Text group;
  std::optional<protocol::GroupMetadataValue> value;  ///< null: a tombstone
};
using LogEntry = std::variant<UnknownEntry, OffsetEntry, GroupEntry>;

/// Reads all versions. Errc::unsupported: a version of a value that is not known; truncated and
/// corrupt: damage.
Result<LogEntry> decode_record(Bytes key, std::optional<Bytes> value);

}  // namespace moldau::coordinator
