#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/error.h"
#include "records/compression.h"
#include "storage/batch_header.h"

namespace moldau::storage {

struct BatchContents {
  std::uint64_t records{0};
  /// The greatest of them is not what the header says; no lookup goes wrong by more than the batch.
  bool has_other_max_timestamp{false};
};

/// Checksum and records of a whole batch, of any format: that they can be decompressed and parsed,
/// are as many as the header says, and that their offsets ascend within its range. Errors: corrupt
/// and the like, with the reason.
Result<BatchContents> check_contents(Bytes batch, const BatchHeader& header,
                                     records::Decompressor& decompressor);

}  // namespace moldau::storage
