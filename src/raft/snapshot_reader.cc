#include "raft/snapshot_reader.h"

#include <fmt/format.h>

#include "raft/control_records.h"

namespace moldau::raft {
namespace {

enum class Part : std::uint8_t { header, data, footer };

Result<Part> read_control(const records::BatchView& batch, Part part, SnapshotContents& contents) {
  for (const auto& [offset, record, value] : TRY(read_control_batch(batch))) {
    if (const auto* header = std::get_if<protocol::SnapshotHeaderRecord>(&record)) {
      if (part != Part::header) return fail(Errc::corrupt, "snapshot with two headers");
      contents.last_contained_log_timestamp = header->last_contained_log_timestamp;
      part = Part::data;
    } else if (const auto* version = std::get_if<protocol::KRaftVersionRecord>(&record)) {
      if (version->kraft_version > kraft_version_max) {
        return fail(Errc::unsupported, fmt::format("kraft.version {}", version->kraft_version));
      }
      contents.kraft_version = version->kraft_version;
    } else if (const auto* voters = std::get_if<protocol::VotersRecord>(&record)) {
      contents.voters = VoterSet::from_record(*voters);
    } else if (std::holds_alternative<protocol::SnapshotFooterRecord>(record)) {
      part = Part::footer;
    }
  }
  return part;
}

}  // namespace

Result<SnapshotContents> read_snapshot(
    OffsetAndEpoch id, Bytes file,
    const std::function<Result<>(const records::BatchView& batch)>& visit) {
  SnapshotContents contents{.id = id,
                            .last_contained_log_timestamp = 0,
                            .kraft_version = std::nullopt,
                            .voters = std::nullopt};
  Part part = Part::header;
  records::BatchIterator batches(file);
  while (const auto batch = batches.next()) {
    if (part == Part::footer) return fail(Errc::corrupt, "snapshot goes on behind its footer");
    TRY(batch->verify_crc());
    if (batch->is_control()) {
      part = TRY(read_control(*batch, part, contents));
    } else if (part == Part::header) {
      return fail(Errc::corrupt, "snapshot without a header");
    } else {
      TRY(visit(*batch));
    }
  }
  TRY(batches.status());
  if (part != Part::footer || batches.bytes_left() != 0) {
    return fail(Errc::truncated, fmt::format("snapshot {} has no footer", id));
  }
  return contents;
}

}  // namespace moldau::raft
