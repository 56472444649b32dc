#include "protocol/records_json.h"

#include <fmt/format.h>

#include <optional>

#include "protocol/log_record_json.h"
#include "records/batch.h"
#include "records/record.h"

namespace moldau::protocol {
namespace {

class RecordsPrinter {
 public:
  RecordsPrinter(std::string& out, const JsonOptions& options) : out_(out), options_(options) {}

  void batches(Bytes bytes) {
    const bool with_content = options_.records == JsonOptions::Records::content;
    out_ += fmt::format("{{\"sizeInBytes\":{}", bytes.size());
    if (with_content) out_ += ",\"batches\":[";
    std::size_t count = 0;
    std::int64_t record_count = 0;
    records::BatchIterator iterator(bytes);
    while (const auto batch = iterator.next()) {
      if (with_content) this->batch(*batch, count == 0 ? "" : ",");
      ++count;
      record_count += batch->record_count();
    }
    out_ += with_content ? "]" : fmt::format(",\"batches\":{}", count);
    out_ += fmt::format(",\"records\":{}", record_count);
    if (const auto status = iterator.status(); !status) {
      error(status.error());
    } else if (iterator.bytes_left() > 0) {
      out_ += fmt::format(",\"partialBatchBytes\":{}", iterator.bytes_left());
    }
    out_ += '}';
  }

 private:
  void batch(const records::BatchView& batch, const char* separator) {
    const auto codec = batch.codec();
    out_ +=
        fmt::format("{}{{\"baseOffset\":{},\"lastOffset\":{},\"leaderEpoch\":{},\"codec\":\"{}\"",
                    separator, batch.base_offset(), batch.last_offset(),
                    batch.partition_leader_epoch(), codec ? records::name(*codec) : "undefined");
    if (batch.has_producer_id()) {
      out_ += fmt::format(",\"producerId\":{},\"producerEpoch\":{},\"baseSequence\":{}",
                          batch.producer_id(), batch.producer_epoch(), batch.base_sequence());
    }
    if (batch.is_transactional()) out_ += ",\"transactional\":true";
    if (batch.is_control()) out_ += ",\"control\":true";
    if (const auto crc = batch.verify_crc(); !crc) error(crc.error());
    out_ += ",\"records\":[";
    const auto done = records_of(batch);
    out_ += ']';
    if (!done) error(done.error());
    out_ += '}';
  }

  Result<> records_of(const records::BatchView& batch) {
    auto reader = TRY(records::read_records(batch, decompressor_, bytes_left_));
    records::RecordView record;
    const char* separator = "";
    while (reader.next(record)) {
      if (record.size_in_bytes > bytes_left_) {
        return fail(Errc::too_large, "too many records to print them all");
      }
      bytes_left_ -= record.size_in_bytes;
      out_ += separator;
      separator = ",";
      this->record(batch, record);
    }
    return reader.status();
  }

  void record(const records::BatchView& batch, const records::RecordView& record) {
    out_ +=
        fmt::format("{{\"offset\":{},\"timestamp\":{},\"key\":", records::offset_of(batch, record),
                    records::timestamp_of(batch, record));
    optional(record.key);
    out_ += ",\"value\":";
    const bool is_hidden =
        options_.secrets == Secrets::hidden && is_secret_record(record.key, record.value);
    is_hidden ? append_json_string(out_, hidden_text) : optional(record.value);
    if (record.headers.count() > 0) headers(record.headers);
    out_ += '}';
  }

  void headers(const records::Headers& headers) {
    out_ += ",\"headers\":[";
    const char* separator = "";
    headers.each([&](const records::Header& header) {
      out_ += fmt::format("{}{{\"name\":", separator);
      separator = ",";
      append_json_string(out_, header.key);
      out_ += ",\"value\":";
      optional(header.value);
      out_ += '}';
    });
    out_ += ']';
  }

  void optional(const std::optional<Bytes>& bytes) {
    bytes ? append_json_bytes(out_, *bytes) : void(out_ += "null");
  }

  void error(const Error& error) {
    out_ += ",\"error\":";
    append_json_string(out_, error.to_string());
  }

  std::string& out_;
  const JsonOptions& options_;
  records::Decompressor decompressor_;
  std::size_t bytes_left_{printed_records_bytes_max};
};

}  // namespace

void append_records_json(std::string& out, Bytes bytes, const JsonOptions& options) {
  RecordsPrinter(out, options).batches(bytes);
}

}  // namespace moldau::protocol
