#pragma once

#include <cstdint>

#include "protocol/fields.h"

/// What records of control batches hold, behind the int16 version that their keys and values begin
/// with.
namespace moldau::protocol {

/// The key: what kind of control record it is. Newer versions may append to it.
struct ControlRecordTypeSchema {
  static constexpr MessageInfo info{
      .name = "ControlRecordTypeSchema", .type = MessageType::data, .versions = {0, 0}};
  static const Schema schema;

  std::int16_t type{0};

  static constexpr void fields(auto&& field) { field(&ControlRecordTypeSchema::type, "Type"); }
};

/// The value of a commit or abort marker: which coordinator decided.
struct EndTxnMarker {
  static constexpr MessageInfo info{
      .name = "EndTxnMarker", .type = MessageType::data, .versions = {0, 0}};
  static const Schema schema;

  std::int32_t coordinator_epoch{0};

  static constexpr void fields(auto&& field) {
    field(&EndTxnMarker::coordinator_epoch, "CoordinatorEpoch");
  }
};

}  // namespace moldau::protocol
