#pragma once

#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/time.h"
#include "records/record.h"
#include "storage/batch_header.h"
#include "storage/cleaned_txns.h"
#include "storage/offset_map.h"

namespace moldau::storage {

/// First pass of a cleaning: notes the newest offset of every key from `from` on. Batches come in
/// order; of aborted transactions nothing counts. Not thread-safe.
class KeyCollector {
 public:
  /// `newest` outlives it.
  KeyCollector(OffsetMap& newest, Offset from, std::vector<AbortedTxn> aborted)
      : newest_(newest), from_(from), txns_(std::move(aborted)) {}

  /// False: the map is full. The batch then counts as not seen. Errors: corrupt, unsupported,
  /// too_large: the batch can not be read.
  Result<bool> add(Bytes batch, const BatchHeader& header);

 private:
  struct Key {
    Hash128 hash;
    Offset offset;
  };
  OffsetMap& newest_;
  const Offset from_;
  CleanedTxns txns_;
  records::Decompressor decompressor_;
  std::vector<Key> keys_;  // scratch: of one batch
};

/// What a cleaning goes by.
struct CleaningRules {
  const OffsetMap& newest;
  Offset map_end;  ///< the map has the keys of the dirty part below it
  WallMs now;
  std::int64_t delete_retention_ms;  ///< how long tombstones and markers stay once they are clean
};

/// Whether a batch that has lost its records stays, for its producer's last sequence or for the
/// segment's end.
enum class IfEmpty : std::uint8_t { drop, keep };

struct CleanedBatch {
  enum class Kind : std::uint8_t { as_it_was, rewritten, dropped };
  Kind kind{Kind::as_it_was};
  SharedBytes bytes{};  ///< if rewritten
  /// Of a transaction's marker that stays: what the segment's transaction index says of it.
  std::optional<AbortedTxn> aborted{};
};

/// Second pass: decides what stays of each batch, as Apache's cleaner does (KIP-534 for the delete
/// horizon). Offsets, sequences and the range of a batch never change. Batches come in order,
/// from the log's start. Not thread-safe.
class BatchCleaner {
 public:
  BatchCleaner(const CleaningRules& rules, std::vector<AbortedTxn> aborted)
      : rules_(rules), txns_(std::move(aborted)) {}

  /// Errors: corrupt (the CRC too: damage is never copied under a new checksum), unsupported,
  /// too_large.
  Result<CleanedBatch> clean(Bytes batch, const BatchHeader& header, IfEmpty if_empty);

 private:
  Result<CleanedBatch> clean_legacy(Bytes batch, IfEmpty if_empty);
  Result<CleanedBatch> clean_control(const records::BatchView& batch, const BatchHeader& header,
                                     IfEmpty if_empty);
  Result<CleanedBatch> clean_data(const records::BatchView& batch, IfEmpty if_empty);
  struct Candidate {
    Offset offset;
    std::optional<Hash128> key;
    bool is_tombstone;
  };
  Candidate candidate(Offset offset, const std::optional<Bytes>& key, bool is_tombstone) const;
  bool is_newest(const Candidate& record) const;
  Result<SharedBytes> rewrite(const records::BatchView& batch,
                              std::optional<std::int64_t> delete_horizon_ms);

  const CleaningRules rules_;
  CleanedTxns txns_;
  records::Decompressor decompressor_;
  std::vector<Candidate> records_;  // scratch: of one batch
  std::vector<std::int32_t> kept_;  // scratch: offset deltas of the records that stay
};

}  // namespace moldau::storage
