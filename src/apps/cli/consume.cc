#include <fmt/chrono.h>
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <memory>
#include <set>

#include "apps/cli/commands.h"
#include "apps/cli/kafka_client.h"
#include "apps/cli/output.h"

namespace moldau::apps {
namespace {

enum class RecordFormat : std::uint8_t { text, table, json };

struct Options {
  ClientOptions client;
  std::string topic;
  std::vector<std::int32_t> partitions;  ///< empty: all
  std::string from{"end"};
  std::uint64_t count_max{0};  ///< 0: no limit
  bool exit_at_end{false};
  std::string key_separator;  ///< empty: keys are not printed as text
  RecordFormat format{RecordFormat::text};
};

struct Header {
  std::string name;
  Bytes value;
};

Bytes bytes_of(const void* data, std::size_t size) {
  return {static_cast<const std::uint8_t*>(data), size};
}

std::vector<Header> headers_of(const rd_kafka_message_t& message) {
  std::vector<Header> result;
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return result;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0;
       rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    result.push_back({name, bytes_of(value, size)});
  }
  return result;
}

/// "2026-11-23T08:00:00.123Z"; empty if the record has none.
std::string time_text(std::int64_t timestamp_ms) {
  if (timestamp_ms < 0) return {};
  const std::time_t seconds = timestamp_ms / 1000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", parts, timestamp_ms % 1000);
}

std::string as_json(const rd_kafka_message_t& message) {
  std::vector<std::string> headers;
  for (const auto& header : headers_of(message)) {
    headers.push_back(
        fmt::format(R"({{"name":{},"value":{}}})", json_text(header.name),
                    header.value.data() == nullptr ? "null" : json_bytes(header.value)));
  }
  const auto field = [](const void* data, std::size_t size) {
    return data == nullptr ? std::string("null") : json_bytes(bytes_of(data, size));
  };
  return fmt::format(
      R"({{"partition":{},"offset":{},"timestamp":{},"key":{},"value":{},"headers":[{}]}})",
      message.partition, message.offset, rd_kafka_message_timestamp(&message, nullptr),
      field(message.key, message.key_len), field(message.payload, message.len),
      fmt::join(headers, ","));
}

std::string as_row(const rd_kafka_message_t& message) {
  std::vector<std::string> headers;
  for (const auto& header : headers_of(message)) {
    headers.push_back(fmt::format("{}={}", header.name, as_text(header.value)));
  }
  return fmt::format("{}\t{}\t{}\t{}\t{}\t{}", message.partition, message.offset,
                     time_text(rd_kafka_message_timestamp(&message, nullptr)),
                     as_text(bytes_of(message.key, message.key_len)),
                     as_text(bytes_of(message.payload, message.len)), fmt::join(headers, ","));
}

void print(const Options& options, const rd_kafka_message_t& message) {
  std::string line;
  switch (options.format) {
    case RecordFormat::json:
      line = as_json(message);
      break;
    case RecordFormat::table:
      line = as_row(message);
      break;
    case RecordFormat::text:
      if (!options.key_separator.empty()) {
        line = as_text(bytes_of(message.key, message.key_len));
        line += options.key_separator;
      }
      line += as_text(bytes_of(message.payload, message.len));
      break;
  }
  line += '\n';
  std::fwrite(line.data(), 1, line.size(), stdout);
}

/// librdkafka's offset for --from.
Result<std::int64_t> start_offset(const std::string& from) {
  if (from == "beginning") return RD_KAFKA_OFFSET_BEGINNING;
  if (from == "end") return RD_KAFKA_OFFSET_END;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(from.data(), from.data() + from.size(), number);
  if (error != std::errc() || end != from.data() + from.size()) {
    return fail(
        Errc::invalid,
        fmt::format("--from {}: write beginning, end, an offset, or -N for the last N", from));
  }
  return number < 0 ? RD_KAFKA_OFFSET_TAIL(-number) : number;
}

/// Partitions of one topic being read, all into one queue. It asks for no group, so offsets are not
/// stored anywhere.
class Reader {
 public:
  Reader(const KafkaClient& client, const std::string& topic)
      : topic_(rd_kafka_topic_new(client.get(), topic.c_str(), nullptr)),
        queue_(rd_kafka_queue_new(client.get())) {}
  ~Reader() {
    for (const auto partition : partitions_) rd_kafka_consume_stop(topic_.get(), partition);
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  bool start(std::int32_t partition, std::int64_t offset) {
    if (rd_kafka_consume_start_queue(topic_.get(), partition, offset, queue_.get()) != 0) {
      return false;
    }
    partitions_.insert(partition);
    return true;
  }

  using Message = Owned<rd_kafka_message_t, rd_kafka_message_destroy>;
  /// Null after half a second without news.
  Message next() {
    constexpr int wait_ms = 500;
    return Message(rd_kafka_consume_queue(queue_.get(), wait_ms));
  }

 private:
  Owned<rd_kafka_topic_t, rd_kafka_topic_destroy> topic_;
  Owned<rd_kafka_queue_t, rd_kafka_queue_destroy> queue_;
  std::set<std::int32_t> partitions_;
};

Result<> consume(const Options& options) {
  const auto from = TRY(start_offset(options.from));
  const auto client = TRY(KafkaClient::make(KafkaClient::Kind::consumer, options.client,
                                            {{"enable.partition.eof", "true"}}));
  const auto topic = TRY(client.topic(options.topic));
  std::set<std::int32_t> unfinished(options.partitions.begin(), options.partitions.end());
  if (unfinished.empty()) {
    for (const auto& partition : topic.partitions) unfinished.insert(partition.id);
  }
  Reader reader(client, options.topic);
  for (const auto partition : unfinished) {
    const auto partitions = static_cast<std::int32_t>(topic.partitions.size());
    if (partition >= partitions) {
      return fail(Errc::invalid, fmt::format("--partition {}: {} has {}, numbered from 0",
                                             partition, options.topic, partitions));
    }
    if (!reader.start(partition, from)) {
      return std::unexpected(client.explain(rd_kafka_last_error(), options.topic));
    }
  }
  if (options.format == RecordFormat::table) {
    fmt::print("PARTITION\tOFFSET\tTIME\tKEY\tVALUE\tHEADERS\n");
  }
  for (std::uint64_t count = 0; options.count_max == 0 || count < options.count_max;) {
    const auto message = reader.next();
    if (message == nullptr) {
      std::fflush(stdout);
      continue;
    }
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      print(options, *message);
      ++count;
    } else if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      std::fflush(stdout);
      unfinished.erase(message->partition);
      if (unfinished.empty() && options.exit_at_end) break;
    } else {
      return std::unexpected(client.explain(message->err, options.topic));
    }
  }
  return {};
}

}  // namespace

void add_consume_command(CLI::App& program, Chosen& chosen) {
  auto& app = *program.add_subcommand("consume", "read records of a topic");
  app.footer(
      "Examples:\n"
      "  moldau consume greetings --from beginning\n"
      "  moldau consume scores --from -10 --exit --format json\n"
      "  moldau consume orders --partition 3 --from 1500 -n 1 --key-separator ' '");
  const auto options = std::make_shared<Options>();
  app.add_option("topic", options->topic, "its name")->required()->type_name("TOPIC");
  add_client_options(app, options->client);
  app.add_option("--partition", options->partitions, "default: all; may be repeated")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--from", options->from, "beginning, end, an offset, or -N: the last N")
      ->type_name("WHERE")
      ->capture_default_str();
  app.add_option("-n,--count", options->count_max, "stop after so many records")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
  app.add_flag("-e,--exit", options->exit_at_end, "stop at the end instead of waiting for more");
  app.add_option("--key-separator", options->key_separator, "print the key and this before a value")
      ->type_name("TEXT");
  app.add_option("--format", options->format,
                 "text: a value a line; table: tab separated; json: an object a line")
      ->transform(CLI::CheckedTransformer(
          std::vector<std::pair<std::string, RecordFormat>>{{"text", RecordFormat::text},
                                                            {"table", RecordFormat::table},
                                                            {"json", RecordFormat::json}}))
      ->type_name("FORMAT");
  app.callback([&chosen, options] {
    chosen.run = [options] {
      const auto done = consume(*options);
      return done ? exit_ok : report(done.error());
    };
  });
}

}  // namespace moldau::apps
