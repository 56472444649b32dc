#include "records/control.h"

#include "base/endian.h"
#include "records/builder.h"

namespace moldau::records {

Result<ControlKey> ControlKey::parse(Bytes key) {
  if (key.size() < control_key_size) {
    return fail(Errc::corrupt, fmt::format("control key of {} bytes", key.size()));
  }
  const ControlKey parsed{.version = load_be<std::int16_t>(key.data()),
                          .type = load_be<std::int16_t>(key.data() + 2)};
  if (parsed.version < 0) {
    return fail(Errc::corrupt, fmt::format("control key version {}", parsed.version));
  }
  return parsed;
}

std::array<std::uint8_t, control_key_size> control_key(ControlType type) {
  std::array<std::uint8_t, control_key_size> key;
  store_be(key.data(), control_key_version);
  store_be(key.data() + 2, static_cast<std::int16_t>(type));
  return key;
}

Result<EndTxnMarker> EndTxnMarker::parse(Bytes value) {
  if (value.size() < end_txn_marker_size) {
    return fail(Errc::corrupt, fmt::format("end transaction marker of {} bytes", value.size()));
  }
  const auto version = load_be<std::int16_t>(value.data());
  if (version < 0) {
    return fail(Errc::corrupt, fmt::format("end transaction marker version {}", version));
  }
  return EndTxnMarker{.coordinator_epoch = load_be<std::int32_t>(value.data() + 2)};
}

std::array<std::uint8_t, end_txn_marker_size> EndTxnMarker::encode() const {
  std::array<std::uint8_t, end_txn_marker_size> value;
  store_be(value.data(), end_txn_marker_version);
  store_be(value.data() + 2, coordinator_epoch);
  return value;
}

SharedBytes build_end_txn_batch(const EndTxnBatch& end) {
  BatchBuilder builder({.leader_epoch = end.leader_epoch,
                        .kind = BatchKind::transactional_control,
                        .producer_id = end.producer_id,
                        .producer_epoch = end.producer_epoch});
  const auto key =
      control_key(end.result == TxnResult::commit ? ControlType::commit : ControlType::abort);
  const auto value = EndTxnMarker{.coordinator_epoch = end.coordinator_epoch}.encode();
  builder.append({.timestamp = end.timestamp, .key = Bytes(key), .value = Bytes(value)});
  return std::move(builder).build();
}

}  // namespace moldau::records
