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

DumpLine line_of(const storage::OffsetIndexEntry& entry, std::int64_t base) {
  return DumpLine("index")
      .number("offset", base + entry.relative_offset)
      .number("position", entry.position);
}
DumpLine line_of(const storage::TimeIndexEntry& entry, std::int64_t base) {
  return DumpLine("timeIndex")
      .number("timestamp", entry.timestamp)
      .number("offset", base + entry.relative_offset);
}
DumpLine line_of(const storage::AbortedTxn& entry, std::int64_t) {
  return DumpLine("abortedTransaction")
      .number("producer_id", entry.producer_id)
      .number("first_offset", entry.first_offset)
      .number("last_offset", entry.last_offset)
      .number("last_stable_offset", entry.last_stable_offset);
}

template <class Entry>
Result<> dump_index(Bytes bytes, std::int64_t base, DumpPrinter& printer) {
  for (const auto& entry : TRY(storage::parse_index<Entry>(bytes))) {
    printer.say(line_of(entry, base));
  }
  return {};
}

Result<> dump_producers(Bytes bytes, DumpPrinter& printer) {
  for (const auto& entry : TRY(storage::parse_producer_snapshot(bytes))) {
    printer.say(DumpLine("producer")
                    .number("producer_id", entry.producer_id)
                    .number("producer_epoch", entry.epoch)
                    .number("last_sequence", entry.last_batch.last_sequence)
                    .number("last_offset", entry.last_batch.last_offset)
                    .number("offset_delta", entry.last_batch.offset_delta)
                    .number("timestamp", entry.last_batch.timestamp)
                    .number("coordinator_epoch", entry.coordinator_epoch)
                    .number("txn_first_offset", entry.txn_first_offset));
  }
  return {};
}

Result<> dump_checkpoint(std::string_view name, Bytes bytes, DumpPrinter& printer) {
  if (name == storage::leader_epoch_file) {
    for (const auto& entry : TRY(storage::parse_epoch_checkpoint(as_text(bytes)))) {
      printer.say(DumpLine("leaderEpoch")
                      .number("epoch", entry.epoch)
                      .number("start_offset", entry.start_offset));
    }
    return {};
  }
  for (const auto& [partition, offset] :
       TRY(storage::parse_offset_checkpoint(as_text(bytes), name))) {
    printer.say(DumpLine("checkpoint")
                    .word("partition", fmt::format("{}", partition))
                    .number("offset", offset));
  }
  return {};
}

Result<> dump_small(std::string_view name, Bytes bytes, DumpPrinter& printer) {
  const auto segment = storage::parse_segment_file_name(name);
  const auto base = segment ? segment->base.value() : 0;
  const auto suffix = segment ? segment->suffix : std::string_view();
  if (suffix == storage::index_suffix) {
    return dump_index<storage::OffsetIndexEntry>(bytes, base, printer);
  }
  if (suffix == storage::time_index_suffix) {
    return dump_index<storage::TimeIndexEntry>(bytes, base, printer);
  }
  if (suffix == storage::txn_index_suffix) {
    return dump_index<storage::AbortedTxn>(bytes, base, printer);
  }
  if (suffix == storage::snapshot_suffix || suffix == storage::snapshot_copy_suffix) {
    return dump_producers(bytes, printer);
  }
  if (name == storage::leader_epoch_file || name.ends_with("-offset-checkpoint")) {
    return dump_checkpoint(name, bytes, printer);
  }
  if (name == storage::partition_metadata_file) {
    const auto metadata = TRY(storage::parse_partition_metadata(as_text(bytes)));
    DumpLine line("partition");
    line.word("topic_id", fmt::format("{}", metadata.topic_id));
    if (metadata.partition) line.word("partition", *metadata.partition);
    printer.say(line);
    return {};
  }
  if (name == storage::clean_shutdown_file) {
    const auto epoch = storage::parse_clean_shutdown(as_text(bytes));
    printer.say(DumpLine("cleanShutdown").number("broker_epoch", epoch));
    return {};
  }
  return fail(Errc::unsupported,
              fmt::format("{}: not a file that can be dumped. Name a .log, .checkpoint, .index, "
                          ".timeindex, .txnindex, .snapshot or .snapshot-copy, or a checkpoint.",
                          name));
}

}  // namespace

void DumpPrinter::say(const DumpLine& line, Indent indent) {
  if (options_.format == Format::table) {
    return print_((indent == Indent::below ? "  " : "") + line.to_text());
  }
  auto json = line.to_json();
  if (!options_.file_label.empty()) {
    json.insert(1, fmt::format("\"file\":{},", json_text(options_.file_label)));
  }
  print_(json);
}

void DumpPrinter::bad(std::optional<std::uint64_t> position, std::string_view why) {
  ++problems_;
  if (options_.format == Format::table) {
    const auto text = printable(why);  // may quote the file
    return print_(position ? fmt::format("BAD position={} {}", *position, text)
                           : fmt::format("BAD {}", text));
  }
  DumpLine line("bad");
  if (position) line.number("position", *position);
  say(line.word("error", why));
}

Result<DumpResult> dump_file(env::Disk& disk, const std::string& path, const DumpOptions& options,
                             const Print& print) {
  const auto name = std::string_view(path).substr(path.rfind('/') + 1);
  const auto live = name.ends_with(storage::deleted_suffix)
                        ? name.substr(0, name.size() - storage::deleted_suffix.size())
                        : name;
  DumpPrinter printer(options, print);
  if (live.ends_with(storage::log_suffix) || live.ends_with(".checkpoint")) {
    TRY(dump_segment(disk, path, printer));
    return printer.result();
  }
  const auto bytes = TRY(env::read_file(disk, path, small_file_bytes_max));
  const auto dumped = dump_small(live, bytes, printer);
  if (!dumped && dumped.error().code == Errc::unsupported) return std::unexpected(dumped.error());
  if (!dumped) printer.bad(std::nullopt, dumped.error().to_string());
  return printer.result();
}

}  // namespace moldau::apps
