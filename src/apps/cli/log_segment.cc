#include <fmt/format.h>

#include "apps/cli/log_dump.h"
#include "apps/cli/output.h"
#include "records/batch.h"
#include "records/control.h"
#include "records/legacy.h"
#include "records/record.h"
#include "storage/batch_scanner.h"

namespace moldau::apps {
namespace {

class SegmentDump {
 public:
  SegmentDump(const DumpOptions& options, const Print& print) : options_(options), print_(print) {}

  void batch(const storage::BatchPosition& at, Bytes bytes) {
    const auto& header = at.header;
    if (header.base_offset <= last_offset_) {
      bad(at,
          fmt::format("base offset {} does not ascend after {}", header.base_offset, last_offset_));
    }
    last_offset_ = header.last_offset;
    header.magic == records::magic_v2 ? format_2(at, bytes) : legacy(at, bytes);
  }

  void bad(const storage::BatchPosition& at, std::string_view why) {
    print_(fmt::format("BAD position={} {}", at.position, why));
    ++result_.problems;
  }

  DumpResult result() const { return result_; }

 private:
  void format_2(const storage::BatchPosition& at, Bytes bytes) {
    const auto batch = records::BatchView::parse(bytes);
    if (!batch) return bad(at, batch.error().to_string());
    print_(describe(at, *batch));
    if (const auto crc = batch->verify_crc(); !crc) return bad(at, crc.error().to_string());
    if (options_.depth == DumpOptions::Depth::batches) return;
    auto reader = records::read_records(*batch, decompressor_);
    if (!reader) return bad(at, reader.error().to_string());
    records::RecordView record;
    while (reader->next(record)) print_("  " + describe(*batch, record));
    if (const auto status = reader->status(); !status) bad(at, status.error().to_string());
  }

  void legacy(const storage::BatchPosition& at, Bytes bytes) {
    const auto message = records::LegacyMessage::parse(bytes);
    if (!message) return bad(at, message.error().to_string());
    print_(fmt::format("position={} size={} magic={} offset={} timestamp={} codec={}", at.position,
                       message->size_in_bytes(), message->magic(), message->record().offset,
                       message->record().timestamp, records::name(message->codec())));
    if (const auto crc = message->verify_crc(); !crc) return bad(at, crc.error().to_string());
    if (options_.depth == DumpOptions::Depth::batches) return;
    const auto read = message->each(
        decompressor_, records::uncompressed_bytes_max, [&](const records::LegacyRecord& record) {
          print_(fmt::format("  offset={} timestamp={} key={} value={}", record.offset,
                             record.timestamp, optional(record.key), optional(record.value)));
        });
    if (!read) bad(at, read.error().to_string());
  }

  static std::string optional(const std::optional<Bytes>& bytes) {
    return bytes ? json_bytes(*bytes) : "null";
  }

  static std::string describe(const storage::BatchPosition& at, const records::BatchView& batch) {
    const auto codec = batch.codec();
    auto line = fmt::format(
        "position={} size={} base_offset={} last_offset={} count={} leader_epoch={} timestamp={} "
        "codec={} crc={:08x}",
        at.position, batch.size_in_bytes(), batch.base_offset(), batch.last_offset(),
        batch.record_count(), batch.partition_leader_epoch(), batch.max_timestamp(),
        codec ? records::name(*codec) : "undefined", batch.crc());
    if (batch.has_producer_id()) {
      line += fmt::format(" producer_id={} producer_epoch={} base_sequence={} last_sequence={}",
                          batch.producer_id(), batch.producer_epoch(), batch.base_sequence(),
                          batch.last_sequence());
    }
    if (batch.timestamp_type() == records::TimestampType::log_append_time) {
      line += " log_append_time";
    }
    if (batch.is_transactional()) line += " transactional";
    if (batch.is_control()) line += " control";
    if (const auto horizon = batch.delete_horizon_ms()) {
      line += fmt::format(" delete_horizon={}", *horizon);
    }
    return line;
  }

  static std::string describe(const records::BatchView& batch, const records::RecordView& record) {
    auto line = fmt::format("offset={} timestamp={}", records::offset_of(batch, record),
                            records::timestamp_of(batch, record));
    if (batch.is_control() && record.key) {
      const auto key = records::ControlKey::parse(*record.key);
      return line +
             (key ? fmt::format(" control_type={} value={}", key->type, optional(record.value))
                  : fmt::format(" BAD {}", key.error().to_string()));
    }
    line += fmt::format(" key={} value={}", optional(record.key), optional(record.value));
    record.headers.each([&](const records::Header& header) {
      line += fmt::format(" header={}:{}", json_text(header.key), optional(header.value));
    });
    return line;
  }

  const DumpOptions& options_;
  const Print& print_;
  records::Decompressor decompressor_;
  Offset last_offset_{no_offset};
  DumpResult result_;
};

}  // namespace

Result<DumpResult> dump_segment(env::Disk& disk, const std::string& path,
                                const DumpOptions& options, const Print& print) {
  const auto file = TRY(disk.open(path, env::OpenMode::read));
  const auto size = TRY(file->size());
  storage::BatchScanner scanner(*file, 0, size, storage::ReadMode::blocking,
                                storage::BatchScanner::scan_buffer);
  SegmentDump dump(options, print);
  for (;;) {
    const auto next = scanner.next();
    if (!next) {
      // Behind a batch that can not be told apart nothing can be found any more.
      storage::BatchPosition at;
      at.position = scanner.position();
      dump.bad(at,
               fmt::format("{} ({} bytes are left)", next.error().to_string(), size - at.position));
      return dump.result();
    }
    if (!*next) return dump.result();
    const auto bytes = scanner.whole();
    if (!bytes) {
      dump.bad(**next, bytes.error().to_string());
      return dump.result();
    }
    dump.batch(**next, *bytes);
  }
}

}  // namespace moldau::apps
