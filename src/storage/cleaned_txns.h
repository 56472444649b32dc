#pragma once

#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "storage/index_format.h"
#include "storage/producer_state.h"

namespace moldau::storage {

/// Follows the transactions of a log while a cleaning walks its batches in order: whose data may go
/// because it was aborted, and which markers have nothing left that they end. Not thread-safe.
class CleanedTxns {
 public:
  /// Aborted transactions that overlap what is walked, sorted by their first offset.
  explicit CleanedTxns(std::vector<AbortedTxn> aborted) : aborted_(std::move(aborted)) {}

  /// A data batch. True: its transaction was aborted.
  bool on_data(const BatchHeader& batch);

  struct Ended {
    /// No batch of the transaction was met: the marker is needed until its delete horizon only.
    bool is_gone{false};
    std::optional<AbortedTxn> aborted;  ///< its entry in the transaction index
  };
  /// A control batch, with its marker if that is a transaction's.
  Ended on_control(const BatchHeader& batch, const std::optional<TxnMarker>& marker);

 private:
  struct Open {
    AbortedTxn txn;
    bool has_data{false};
  };
  void begin_aborted_up_to(Offset offset);

  std::vector<AbortedTxn> aborted_;
  std::size_t next_{0};  // the first of them that has not begun
  std::unordered_map<ProducerId, Open> open_aborted_;
  std::set<ProducerId> open_others_;  ///< with data, and not known as aborted
};

}  // namespace moldau::storage
