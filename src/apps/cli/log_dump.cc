#include "apps/cli/log_dump.h"

#include <fmt/format.h>

#include "storage/checkpoints.h"
#include "storage/file_names.h"
#include "storage/index_format.h"
#include "storage/producer_state.h"

namespace moldau::apps {
namespace {

/// More than any index, checkpoint or snapshot of producers may have.
constexpr std::uint64_t small_file_bytes_max = std::uint64_t{1} << 30;

std::string line_of(const storage::OffsetIndexEntry& entry, std::int64_t base) {
  return fmt::format("offset={} position={}", base + entry.relative_offset, entry.position);
}
std::string line_of(const storage::TimeIndexEntry& entry, std::int64_t base) {
  return fmt::format("timestamp={} offset={}", entry.timestamp, base + entry.relative_offset);
}
std::string line_of(const storage::AbortedTxn& entry, std::int64_t) {
  return fmt::format("producer_id={} first_offset={} last_offset={} last_stable_offset={}",
                     entry.producer_id, entry.first_offset, entry.last_offset,
                     entry.last_stable_offset);
}

template <class Entry>
Result<> dump_index(Bytes bytes, std::int64_t base, const Print& print) {
  for (const auto& entry : TRY(storage::parse_index<Entry>(bytes))) print(line_of(entry, base));
  return {};
}

Result<> dump_producers(Bytes bytes, const Print& print) {
  for (const auto& entry : TRY(storage::parse_producer_snapshot(bytes))) {
    print(fmt::format(
        "producer_id={} producer_epoch={} last_sequence={} last_offset={} offset_delta={} "
        "timestamp={} coordinator_epoch={} txn_first_offset={}",
        entry.producer_id, entry.epoch, entry.last_batch.last_sequence,
        entry.last_batch.last_offset, entry.last_batch.offset_delta, entry.last_batch.timestamp,
        entry.coordinator_epoch, entry.txn_first_offset));
  }
  return {};
}

Result<> dump_small(std::string_view name, Bytes bytes, const Print& print) {
  const auto segment = storage::parse_segment_file_name(name);
  const auto base = segment ? segment->base.value() : 0;
  const auto suffix = segment ? segment->suffix : std::string_view();
  if (suffix == storage::index_suffix) {
    return dump_index<storage::OffsetIndexEntry>(bytes, base, print);
  }
  if (suffix == storage::time_index_suffix) {
    return dump_index<storage::TimeIndexEntry>(bytes, base, print);
  }
  if (suffix == storage::txn_index_suffix) {
    return dump_index<storage::AbortedTxn>(bytes, base, print);
  }
  if (suffix == storage::snapshot_suffix) return dump_producers(bytes, print);
  if (name == storage::leader_epoch_file) {
    for (const auto& entry : TRY(storage::parse_epoch_checkpoint(as_text(bytes)))) {
      print(fmt::format("epoch={} start_offset={}", entry.epoch, entry.start_offset));
    }
    return {};
  }
  if (name.ends_with("-offset-checkpoint")) {
    for (const auto& [partition, offset] : TRY(storage::parse_offset_checkpoint(as_text(bytes)))) {
      print(fmt::format("partition={} offset={}", partition, offset));
    }
    return {};
  }
  if (name == storage::partition_metadata_file) {
    print(fmt::format("topic_id={}", TRY(storage::parse_partition_metadata(as_text(bytes)))));
    return {};
  }
  if (name == storage::clean_shutdown_file) {
    print(fmt::format("broker_epoch={}", storage::parse_clean_shutdown(as_text(bytes))));
    return {};
  }
  return fail(Errc::unsupported,
              fmt::format("{}: not a file that can be dumped. Name a .log, .checkpoint, .index, "
                          ".timeindex, .txnindex or .snapshot, or a checkpoint.",
                          name));
}

}  // namespace

Result<DumpResult> dump_file(env::Disk& disk, const std::string& path, const DumpOptions& options,
                             const Print& print) {
  const auto name = std::string_view(path).substr(path.rfind('/') + 1);
  const auto live = name.ends_with(storage::deleted_suffix)
                        ? name.substr(0, name.size() - storage::deleted_suffix.size())
                        : name;
  if (live.ends_with(storage::log_suffix) || live.ends_with(".checkpoint")) {
    return dump_segment(disk, path, options, print);
  }
  const auto bytes = TRY(env::read_file(disk, path, small_file_bytes_max));
  const auto dumped = dump_small(live, bytes, print);
  if (dumped) return DumpResult{};
  if (dumped.error().code == Errc::unsupported) return std::unexpected(dumped.error());
  print("BAD " + dumped.error().to_string());
  return DumpResult{.problems = 1};
}

}  // namespace moldau::apps
