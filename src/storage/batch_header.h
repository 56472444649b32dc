#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/error.h"
#include "base/ids.h"
#include "records/batch.h"

namespace moldau::storage {

/// What the log needs of a batch, decoded from its first 61 bytes (or of a magic 0 or 1 message
/// from its first 17 or 26: then only offsets, size, magic and, of magic 1, the timestamp are set).
struct BatchHeader {
  Offset base_offset;
  Offset last_offset;
  std::uint64_t size{0};  ///< of the whole batch
  std::int8_t magic{records::magic_v2};
  std::uint16_t attributes{0};
  LeaderEpoch leader_epoch{no_leader_epoch};
  std::int64_t max_timestamp{records::no_timestamp};
  ProducerId producer_id{no_producer_id};
  ProducerEpoch producer_epoch{no_producer_epoch};
  std::int32_t base_sequence{records::no_sequence};
  std::int32_t last_sequence{records::no_sequence};
  std::int32_t record_count{0};

  bool is_control() const { return (attributes & records::control_bit) != 0; }
  bool is_transactional() const { return (attributes & records::transactional_bit) != 0; }
  bool has_producer() const { return producer_id.value() >= 0; }
  Offset next_offset() const { return last_offset + 1; }
};

/// Errors: truncated if `bytes` are too few to tell; corrupt for an impossible header.
Result<BatchHeader> parse_batch_header(Bytes bytes);

}  // namespace moldau::storage
