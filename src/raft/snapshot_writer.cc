#include "raft/snapshot_writer.h"

#include <fmt/format.h>

#include "raft/control_records.h"

namespace moldau::raft {
namespace {

/// Of one record beside its value: lengths, deltas, attributes, counts.
constexpr std::size_t record_overhead_max = 32;

}  // namespace

SnapshotWriter::SnapshotWriter(SnapshotOptions options, WallMs now)
    : options_(std::move(options)), now_(now.value) {}

SharedBytes SnapshotWriter::header() {
  std::vector<ControlRecord> records;
  protocol::SnapshotHeaderRecord header;
  header.last_contained_log_timestamp = options_.last_contained_log_timestamp;
  records.emplace_back(header);
  if (options_.kraft_version > 0) {
    protocol::KRaftVersionRecord version;
    version.kraft_version = options_.kraft_version;
    records.emplace_back(version);
    records.emplace_back(options_.voters.to_record());
  }
  SharedBytes batch = build_control_batch(records, next_offset_, options_.id.epoch, now_);
  next_offset_ += static_cast<std::int64_t>(records.size());
  return batch;
}

SharedBytes SnapshotWriter::take_batch() {
  next_offset_ += builder_->record_count();
  SharedBytes batch = std::move(*builder_).build();
  builder_.reset();
  return batch;
}

Result<std::optional<SharedBytes>> SnapshotWriter::append(Bytes value) {
  const std::size_t size = value.size() + record_overhead_max;
  if (size + records::batch_header_size > options_.batch_bytes_max) {
    return fail(Errc::too_large, fmt::format("a metadata record of {} bytes", value.size()));
  }
  std::optional<SharedBytes> full;
  if (builder_ && builder_->uncompressed_size() + size > options_.batch_bytes_max) {
    full = take_batch();
  }
  if (!builder_) {
    builder_.emplace(
        records::BatchOptions{.base_offset = next_offset_, .leader_epoch = options_.id.epoch});
  }
  builder_->append({.timestamp = now_, .value = value});
  return full;
}

std::vector<SharedBytes> SnapshotWriter::finish() {
  std::vector<SharedBytes> rest;
  if (builder_) rest.push_back(take_batch());
  const ControlRecord footer = protocol::SnapshotFooterRecord{};
  rest.push_back(build_control_batch({&footer, 1}, next_offset_, options_.id.epoch, now_));
  return rest;
}

Result<std::vector<SharedBytes>> build_snapshot(SnapshotOptions options,
                                                std::span<const SharedBytes> values, WallMs now) {
  SnapshotWriter writer(std::move(options), now);
  std::vector<SharedBytes> pieces{writer.header()};
  for (const SharedBytes& value : values) {
    if (auto batch = TRY(writer.append(value.bytes()))) pieces.push_back(std::move(*batch));
  }
  for (SharedBytes& piece : writer.finish()) pieces.push_back(std::move(piece));
  return pieces;
}

}  // namespace moldau::raft
