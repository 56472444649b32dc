#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/time.h"
#include "storage/batch_header.h"

namespace moldau::storage {

/// One batch that a producer has appended.
struct ProducerBatch {
  std::int32_t last_sequence{records::no_sequence};
  Offset last_offset{no_offset};
  std::int32_t offset_delta{0};  ///< last offset - base offset
  std::int64_t timestamp{records::no_timestamp};

  Offset base_offset() const { return last_offset - offset_delta; }
};

/// One line of a producer snapshot (docs/formats/producer_snapshot.md).
struct ProducerSnapshotEntry {
  ProducerId producer_id;
  ProducerEpoch epoch;
  ProducerBatch last_batch;
  std::int32_t coordinator_epoch{-1};
  Offset txn_first_offset{no_offset};
};
/// Errors: corrupt (checksum, sizes), unsupported (another version).
Result<std::vector<ProducerSnapshotEntry>> parse_producer_snapshot(Bytes bytes);
std::vector<std::uint8_t> format_producer_snapshot(
    const std::vector<ProducerSnapshotEntry>& entries);

enum class SequenceVerdict : std::uint8_t {
  accept,
  duplicate,  ///< one of the producer's last five batches
  out_of_order_sequence,
  invalid_producer_epoch,
};
struct SequenceCheck {
  SequenceVerdict verdict{SequenceVerdict::accept};
  ProducerBatch original{};  ///< of a duplicate
};

struct CompletedTxn {
  ProducerId producer_id;
  Offset first_offset;
  Offset last_offset;  ///< of the marker
  bool aborted{false};
};

/// What a transaction marker's one record says.
struct TxnMarker {
  bool commit{false};
  std::int32_t coordinator_epoch{-1};
};
/// Null if the control batch is not a transaction marker (or compaction has emptied it). `batch` is
/// the whole batch. Errors: corrupt.
Result<std::optional<TxnMarker>> parse_txn_marker(Bytes batch);

/// What one log knows of idempotent and transactional producers (KIP-98, KIP-360): the last five
/// batches of each, open transactions, and which completed ones are not yet below the high
/// watermark. Not thread-safe: the log's mutex protects it.
class ProducerState {
 public:
  static constexpr std::size_t batches_kept = 5;

  /// Kafka's rule for a client's batch. The same epoch: the next sequence, or one of the last five
  /// batches again; a higher epoch begins at 0; an unknown producer begins anywhere. A lower epoch
  /// is fenced.
  SequenceCheck check(const BatchHeader& batch) const;
  /// A batch was refused or its write has failed. If it was the first of a producer that is not
  /// known here, the ones behind it, which may be on their way, must not begin in its place.
  void note_refused(const BatchHeader& batch, WallMs now);
  /// Takes note of a data batch that has its offsets. `now` is for expiry.
  void append(const BatchHeader& batch, WallMs now);
  /// Takes note of a transaction marker. Null if the producer had no open transaction here.
  std::optional<CompletedTxn> append_marker(const BatchHeader& batch, const TxnMarker& marker,
                                            WallMs now);

  /// Gives producers that know fewer than five batches those before: `tail` is what the log has,
  /// in order. A snapshot keeps one batch of each, so that a retry after a restart would find the
  /// others out of order.
  void recall(std::span<const BatchHeader> tail);

  /// First offset that is not stable: of the oldest transaction that is open, or whose marker is
  /// not yet below the high watermark.
  std::optional<Offset> first_unstable_offset() const;
  /// As first_unstable_offset, as if `txn` had ended: what its entry in the transaction index says.
  Offset last_stable_offset(const CompletedTxn& txn) const;
  void on_high_watermark(Offset high_watermark);

  /// Forgets producers without an open transaction that were last heard of before `before`.
  void expire(WallMs before);
  void clear();
  std::size_t size() const { return producers_.size(); }

  std::vector<ProducerSnapshotEntry> snapshot() const;
  /// Last offsets of all batches that a retry would be known by, ascending.
  std::vector<Offset> kept_batches() const;
  void load(const std::vector<ProducerSnapshotEntry>& entries, WallMs now);

 private:
  struct Producer {
    ProducerEpoch epoch{no_producer_epoch};
    std::int32_t coordinator_epoch{-1};
    Offset txn_first_offset{no_offset};
    std::int64_t last_timestamp{records::no_timestamp};
    WallMs last_heard{};
    std::array<ProducerBatch, batches_kept> batches{};  // oldest first
    std::uint8_t batch_count{0};
    /// What the first batch must follow while there is none.
    std::int32_t before_first{records::no_sequence};

    const ProducerBatch* last() const {
      return batch_count == 0 ? nullptr : &batches[batch_count - 1U];
    }
    void set_epoch(ProducerEpoch new_epoch);
    void add(const ProducerBatch& batch);
    void recall(const BatchHeader& batch);
  };

  std::unordered_map<ProducerId, Producer> producers_;
  std::map<Offset, ProducerId> open_txns_;      // by first offset
  std::map<Offset, Offset> unreplicated_txns_;  // first offset -> offset of the marker
};

}  // namespace moldau::storage
