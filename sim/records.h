#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/ids.h"
#include "records/batch.h"
#include "records/builder.h"
#include "records/compression.h"

namespace moldau::sim {

/// Every record that the simulator writes says which one it is: who sent it, and its number among
/// what he has sent. The rest of the record follows from that, so that a reader sees whether it is
/// whole.
struct RecordId {
  std::int32_t actor{-1};
  std::int32_t number{0};
  auto operator<=>(const RecordId&) const = default;
};

/// A record as somebody read it.
struct SeenRecord {
  Offset offset;
  std::optional<RecordId> id;  ///< null: these are not the bytes of any record that was sent
  ProducerId producer_id{no_producer_id};
  ProducerEpoch producer_epoch{no_producer_epoch};
  std::int32_t sequence{records::no_sequence};
  bool operator==(const SeenRecord&) const = default;
};

struct BatchPlan {
  RecordId first;
  std::int32_t count{1};
  std::int64_t timestamp{0};
  records::BatchOptions options{};
  /// For a compacted topic: every record has a key, few in number, and some are tombstones.
  bool keyed{false};
};

/// Of a record in a compacted topic.
struct KeyedRecord {
  int key{0};
  bool is_tombstone{false};
};
KeyedRecord keyed_record(RecordId id);

/// `count` records, numbered from `first` on.
SharedBytes make_batch(const BatchPlan& plan);

/// All records at or above `from` in the batches of a fetch answer. A batch whose CRC, header or
/// compression is wrong appears as one record without id; a client does not look behind it.
std::vector<SeenRecord> read_batches(Bytes batches, Offset from, records::Decompressor& scratch);
/// Where a reader goes on: behind the last batch, which may have lost records, and not behind one
/// whose CRC is wrong, as little as a client does; `from` if there is none.
Offset end_of_batches(Bytes batches, Offset from);

}  // namespace moldau::sim
