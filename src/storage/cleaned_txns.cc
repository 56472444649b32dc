#include "storage/cleaned_txns.h"

namespace moldau::storage {

void CleanedTxns::begin_aborted_up_to(Offset offset) {
  while (next_ < aborted_.size() && aborted_[next_].first_offset <= offset) {
    const auto& txn = aborted_[next_++];
    open_aborted_.try_emplace(txn.producer_id, Open{.txn = txn});
  }
}

bool CleanedTxns::on_data(const BatchHeader& batch) {
  begin_aborted_up_to(batch.last_offset);
  if (!batch.is_transactional()) return false;
  const auto aborted = open_aborted_.find(batch.producer_id);
  if (aborted == open_aborted_.end()) {
    open_others_.insert(batch.producer_id);
    return false;
  }
  aborted->second.has_data = true;
  return true;
}

CleanedTxns::Ended CleanedTxns::on_control(const BatchHeader& batch,
                                           const std::optional<TxnMarker>& marker) {
  begin_aborted_up_to(batch.last_offset);
  // An emptied one was a transaction's; other kinds of control records stay.
  if (!marker) return {.is_gone = batch.record_count == 0};
  const auto aborted = open_aborted_.find(batch.producer_id);
  if (marker->commit || aborted == open_aborted_.end()) {
    return {.is_gone = open_others_.erase(batch.producer_id) == 0};
  }
  const Ended ended{.is_gone = !aborted->second.has_data, .aborted = aborted->second.txn};
  open_aborted_.erase(aborted);
  return ended;
}

}  // namespace moldau::storage
