#pragma once

#include <cstdint>
#include <vector>

#include "base/ids.h"
#include "protocol/fields.h"

/// Files beside a log's segments that Apache describes as messages, behind the int16 version that
/// they begin with.
namespace moldau::protocol {

/// An entry of a .txnindex: an aborted transaction, for read_committed.
struct AbortedTxn {
  static constexpr MessageInfo info{
      .name = "AbortedTxn", .type = MessageType::data, .versions = {0, 0}};
  static const Schema schema;

  ProducerId producer_id{};
  Offset first_offset{};
  Offset last_offset{};
  Offset last_stable_offset{};

  static constexpr void fields(auto&& field) {
    field(&AbortedTxn::producer_id, "ProducerId");
    field(&AbortedTxn::first_offset, "FirstOffset");
    field(&AbortedTxn::last_offset, "LastOffset");
    field(&AbortedTxn::last_stable_offset, "LastStableOffset");
  }
};

/// A .snapshot: the producers of a partition and their last batches, up to the offset in the file's
/// name. There is no version 0 any more.
struct ProducerSnapshot {
  static constexpr MessageInfo info{
      .name = "ProducerSnapshot", .type = MessageType::data, .versions = {1, 1}};
  static const Schema schema;

  struct ProducerEntry {
    ProducerId producer_id{};
    ProducerEpoch epoch{};
    std::int32_t last_sequence{0};
    Offset last_offset{};
    std::int32_t offset_delta{0};  ///< last offset of the last batch minus its first
    std::int64_t timestamp{0};
    std::int32_t coordinator_epoch{0};
    Offset current_txn_first_offset{};  ///< -1: no transaction

    static constexpr void fields(auto&& field) {
      field(&ProducerEntry::producer_id, "ProducerId");
      field(&ProducerEntry::epoch, "Epoch");
      field(&ProducerEntry::last_sequence, "LastSequence");
      field(&ProducerEntry::last_offset, "LastOffset");
      field(&ProducerEntry::offset_delta, "OffsetDelta");
      field(&ProducerEntry::timestamp, "Timestamp");
      field(&ProducerEntry::coordinator_epoch, "CoordinatorEpoch");
      field(&ProducerEntry::current_txn_first_offset, "CurrentTxnFirstOffset");
    }
  };

  std::uint32_t crc{0};  ///< crc32c of what follows
  std::vector<ProducerEntry> producer_entries{};

  static constexpr void fields(auto&& field) {
    field(&ProducerSnapshot::crc, "Crc");
    field(&ProducerSnapshot::producer_entries, "ProducerEntries");
  }
};

}  // namespace moldau::protocol
