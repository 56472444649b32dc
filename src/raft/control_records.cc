#include "raft/control_records.h"

#include <optional>

#include "base/check.h"
#include "protocol/codec.h"
#include "records/builder.h"
#include "records/control.h"

namespace moldau::raft {
namespace {

using records::ControlType;

ControlType type_of(const ControlRecord& record) {
  static constexpr ControlType types[] = {ControlType::leader_change, ControlType::snapshot_header,
                                          ControlType::snapshot_footer, ControlType::kraft_version,
                                          ControlType::kraft_voters};
  return types[record.index()];
}

SharedBytes encode_value(const ControlRecord& record) {
  // All control records exist in version 0, and Apache writes no other.
  auto value = std::visit([](const auto& message) { return protocol::encode(message, 0); }, record);
  CHECK(value.has_value(), "control record: {}", value.error().to_string());
  return std::move(value).value();
}

template <class Message>
Result<std::optional<ControlRecord>> decode_value(const SharedBytes& value) {
  if (value.size() < 2) return fail(Errc::corrupt, "control record without a version");
  // Every control record starts with its own version.
  const auto version = load_be<std::int16_t>(value.data());
  if (!Message::info.versions.contains(version)) {
    return fail(Errc::unsupported, fmt::format("{} of version {}", Message::info.name, version));
  }
  auto decoded = TRY(protocol::decode<Message>(value, version));
  return std::optional<ControlRecord>(std::move(decoded.message));
}

}  // namespace

SharedBytes build_control_batch(std::span<const ControlRecord> control_records, Offset base_offset,
                                LeaderEpoch epoch, std::int64_t timestamp) {
  records::BatchBuilder builder(
      {.base_offset = base_offset, .leader_epoch = epoch, .kind = records::BatchKind::control});
  for (const ControlRecord& record : control_records) {
    const auto key = records::control_key(type_of(record));
    const SharedBytes value = encode_value(record);
    builder.append({.timestamp = timestamp, .key = Bytes(key), .value = value.bytes()});
  }
  return std::move(builder).build();
}

namespace {

Result<std::optional<ControlRecord>> read_control_record(Bytes key_bytes,
                                                         const SharedBytes& value) {
  const auto key = TRY(records::ControlKey::parse(key_bytes));
  switch (static_cast<ControlType>(key.type)) {
    case ControlType::leader_change:
      return decode_value<protocol::LeaderChangeMessage>(value);
    case ControlType::snapshot_header:
      return decode_value<protocol::SnapshotHeaderRecord>(value);
    case ControlType::snapshot_footer:
      return decode_value<protocol::SnapshotFooterRecord>(value);
    case ControlType::kraft_version:
      return decode_value<protocol::KRaftVersionRecord>(value);
    case ControlType::kraft_voters:
      return decode_value<protocol::VotersRecord>(value);
    default:
      return std::optional<ControlRecord>();
  }
}

}  // namespace

Result<std::vector<PlacedControlRecord>> read_control_batch(const records::BatchView& batch) {
  std::vector<PlacedControlRecord> result;
  records::Decompressor decompressor;
  auto reader = TRY(records::read_records(batch, decompressor));
  records::RecordView record;
  while (reader.next(record)) {
    if (!record.key || !record.value) return fail(Errc::corrupt, "control record without a value");
    SharedBytes value = SharedBytes::copy(*record.value);
    auto control = TRY(read_control_record(*record.key, value));
    if (!control) continue;
    result.push_back({records::offset_of(batch, record), std::move(*control), std::move(value)});
  }
  TRY(reader.status());
  return result;
}

Result<> read_data_batch(const records::BatchView& batch,
                         const std::function<Result<>(const SharedBytes& value)>& visit) {
  records::Decompressor decompressor;
  auto reader = TRY(records::read_records(batch, decompressor));
  records::RecordView record;
  while (reader.next(record)) {
    if (!record.value) return fail(Errc::corrupt, "metadata record without a value");
    TRY(visit(SharedBytes::copy(*record.value)));
  }
  return reader.status();
}

}  // namespace moldau::raft
