#include <fmt/format.h>

#include <filesystem>

#include "apps/cli/log_dump.h"
#include "apps/cli/output.h"
#include "protocol/log_record_json.h"
#include "records/batch.h"
#include "records/control.h"
#include "records/legacy.h"
#include "records/record.h"
#include "storage/batch_scanner.h"
#include "storage/file_names.h"

namespace moldau::apps {
namespace {

using protocol::InternalLog;

/// Whose records the file holds. Only the metadata log has snapshots of this form.
InternalLog log_of(const std::string& path, const DumpOptions& options) {
  if (options.topic) return protocol::internal_log_of(*options.topic);
  const auto file = std::filesystem::absolute(path);
  if (file.filename().string().contains(".checkpoint")) return InternalLog::metadata;
  const auto directory = storage::parse_partition_directory(file.parent_path().filename().string());
  return directory ? protocol::internal_log_of(directory->name.topic) : InternalLog::none;
}

std::string optional_json(const std::optional<Bytes>& bytes) {
  return bytes ? json_bytes(*bytes) : "null";
}

std::string size_json(const std::optional<Bytes>& bytes) {
  return bytes ? fmt::to_string(bytes->size()) : "null";
}

class SegmentDump {
 public:
  SegmentDump(InternalLog log, DumpPrinter& printer)
      : log_(log), printer_(printer), json_{.secrets = printer.options().secrets} {}

  void batch(const storage::BatchPosition& at, Bytes bytes) {
    const auto& header = at.header;
    if (header.base_offset <= last_offset_) {
      printer_.bad(at.position, fmt::format("base offset {} does not ascend after {}",
                                            header.base_offset, last_offset_));
    }
    last_offset_ = header.last_offset;
    header.magic == records::magic_v2 ? format_2(at, bytes) : legacy(at, bytes);
  }

 private:
  bool wants_records() const { return printer_.options().depth == DumpOptions::Depth::records; }

  void format_2(const storage::BatchPosition& at, Bytes bytes) {
    const auto batch = records::BatchView::parse(bytes);
    if (!batch) return printer_.bad(at.position, batch.error().to_string());
    printer_.say(describe(at, *batch));
    if (const auto crc = batch->verify_crc(); !crc) {
      return printer_.bad(at.position, crc.error().to_string());
    }
    if (!wants_records()) return;
    auto reader = records::read_records(*batch, decompressor_);
    if (!reader) return printer_.bad(at.position, reader.error().to_string());
    records::RecordView record;
    while (reader->next(record)) this->record(at, *batch, record);
    if (const auto status = reader->status(); !status) {
      printer_.bad(at.position, status.error().to_string());
    }
  }

  void legacy(const storage::BatchPosition& at, Bytes bytes) {
    const auto message = records::LegacyMessage::parse(bytes);
    if (!message) return printer_.bad(at.position, message.error().to_string());
    printer_.say(DumpLine("batch")
                     .number("position", at.position)
                     .number("size", message->size_in_bytes())
                     .number("magic", message->magic())
                     .number("offset", message->record().offset)
                     .number("timestamp", message->record().timestamp)
                     .word("codec", records::name(message->codec())));
    if (const auto crc = message->verify_crc(); !crc) {
      return printer_.bad(at.position, crc.error().to_string());
    }
    if (!wants_records()) return;
    const auto read = message->each(decompressor_, records::uncompressed_bytes_max,
                                    [&](const records::LegacyRecord& record) {
                                      printer_.say(DumpLine("record")
                                                       .number("offset", record.offset)
                                                       .number("timestamp", record.timestamp)
                                                       .json("key", optional_json(record.key))
                                                       .json("value", optional_json(record.value)),
                                                   DumpPrinter::Indent::below);
                                    });
    if (!read) printer_.bad(at.position, read.error().to_string());
  }

  static DumpLine describe(const storage::BatchPosition& at, const records::BatchView& batch) {
    const auto codec = batch.codec();
    DumpLine line("batch");
    line.number("position", at.position)
        .number("size", batch.size_in_bytes())
        .number("base_offset", batch.base_offset())
        .number("last_offset", batch.last_offset())
        .number("count", batch.record_count())
        .number("leader_epoch", batch.partition_leader_epoch())
        .number("timestamp", batch.max_timestamp())
        .word("codec", codec ? records::name(*codec) : "undefined")
        .word("crc", fmt::format("{:08x}", batch.crc()));
    if (batch.has_producer_id()) {
      line.number("producer_id", batch.producer_id())
          .number("producer_epoch", batch.producer_epoch())
          .number("base_sequence", batch.base_sequence())
          .number("last_sequence", batch.last_sequence());
    }
    if (batch.timestamp_type() == records::TimestampType::log_append_time) {
      line.flag("log_append_time");
    }
    if (batch.is_transactional()) line.flag("transactional");
    if (batch.is_control()) line.flag("control");
    if (const auto horizon = batch.delete_horizon_ms()) line.number("delete_horizon", *horizon);
    return line;
  }

  void record(const storage::BatchPosition& at, const records::BatchView& batch,
              const records::RecordView& record) {
    DumpLine line("record");
    line.number("offset", records::offset_of(batch, record))
        .number("timestamp", records::timestamp_of(batch, record));
    std::optional<Error> error;
    if (batch.is_control() || log_ != InternalLog::none) {
      error = add_message(line, batch, record);
    } else {
      const bool is_hidden = json_.secrets == protocol::Secrets::hidden &&
                             protocol::is_secret_record(record.key, record.value);
      line.json("key", optional_json(record.key))
          .json("value",
                is_hidden ? json_text(protocol::hidden_text) : optional_json(record.value));
    }
    add_headers(line, record);
    printer_.say(line, DumpPrinter::Indent::below);
    // What a newer broker has written is not damaged.
    if (error && error->code != Errc::unsupported) {
      printer_.bad(at.position, fmt::format("offset {}: {}", records::offset_of(batch, record),
                                            error->to_string()));
    }
  }

  /// The record as the message that it is; if it is none, what there is, and why.
  std::optional<Error> add_message(DumpLine& line, const records::BatchView& batch,
                                   const records::RecordView& record) const {
    const auto members =
        batch.is_control()
            ? protocol::control_record_members(record.key.value_or(Bytes()), record.value, json_)
            : protocol::internal_record_members(log_, record.key, record.value, json_);
    if (members) {
      line.json("record", "{" + *members + "}");
      return std::nullopt;
    }
    if (json_.secrets == protocol::Secrets::shown) {
      line.json("key", optional_json(record.key)).json("value", optional_json(record.value));
    } else {
      line.json("key_size", size_json(record.key)).json("value_size", size_json(record.value));
    }
    line.json("error", json_text(members.error().to_string()));
    return members.error();
  }

  void add_headers(DumpLine& line, const records::RecordView& record) const {
    if (printer_.options().format == Format::table) {
      record.headers.each([&](const records::Header& header) {
        line.json("header", json_text(header.key) + ":" + optional_json(header.value));
      });
      return;
    }
    std::vector<std::string> headers;
    record.headers.each([&](const records::Header& header) {
      headers.push_back(JsonObject()
                            .text("name", header.key)
                            .raw("value", optional_json(header.value))
                            .to_string());
    });
    if (!headers.empty()) line.json("headers", fmt::format("[{}]", fmt::join(headers, ",")));
  }

  const InternalLog log_;
  DumpPrinter& printer_;
  const protocol::JsonOptions json_;
  records::Decompressor decompressor_;
  Offset last_offset_{no_offset};
};

}  // namespace

Result<> dump_segment(env::Disk& disk, const std::string& path, DumpPrinter& printer) {
  const auto file = TRY(disk.open(path, env::OpenMode::read));
  const auto size = TRY(file->size());
  storage::BatchScanner scanner(*file, 0, size, storage::ReadMode::blocking,
                                storage::BatchScanner::scan_buffer);
  SegmentDump dump(log_of(path, printer.options()), printer);
  for (;;) {
    const auto next = scanner.next();
    if (!next) {
      // Behind a batch that can not be told apart nothing can be found any more.
      printer.bad(scanner.position(),
                  fmt::format("{} ({} bytes are left)", next.error().to_string(),
                              size - scanner.position()));
      return {};
    }
    if (!*next) return {};
    const auto bytes = scanner.whole();
    if (!bytes) {
      printer.bad((*next)->position, bytes.error().to_string());
      return {};
    }
    dump.batch(**next, *bytes);
  }
}

}  // namespace moldau::apps
