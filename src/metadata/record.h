#pragma once

#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "protocol/records/metadata_record.h"

namespace moldau::metadata {

/// A record to be written, and in which version: metadata.version decides (features.h). Its texts
/// may be views, of the request that asked for it.
struct Record {
  protocol::MetadataRecord message;
  std::int16_t version{0};
};

/// The value of the log record; its key is null.
inline Result<SharedBytes> encode_record(const Record& record) {
  return protocol::encode_metadata_record(record.message, record.version);
}

/// "PartitionChangeRecord"
inline std::string_view name(const Record& record) {
  return protocol::name(record.message);
}

}  // namespace moldau::metadata
