#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>

#include "apps/cli/json_record.h"
#include "apps/cli/kafka_client.h"
#include "apps/cli/options.h"
#include "apps/cli/progress.h"
#include "apps/cli/verb.h"

namespace moldau::apps {
namespace {

enum class LineFormat : std::uint8_t { text, json };

struct Options {
  ClientOptions client;
  std::string topic;
  std::string file;  ///< empty: standard input
  LineFormat format{LineFormat::text};
  std::optional<std::string> key;  ///< of every record
  std::string key_separator;       ///< empty: no keys
  bool tombstones{false};          ///< empty values are null
  std::vector<std::string> headers;
  std::string codec{"none"};
  std::string acks{"all"};
  std::int32_t partition{RD_KAFKA_PARTITION_UA};
  bool quiet{false};
};

struct Deliveries {
  std::uint64_t delivered{0};
  std::uint64_t failed{0};
  rd_kafka_resp_err_t first_failure{RD_KAFKA_RESP_ERR_NO_ERROR};
};

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  auto& deliveries = *static_cast<Deliveries*>(opaque);
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    ++deliveries.delivered;
  } else if (deliveries.failed++ == 0) {
    deliveries.first_failure = message->err;
  }
}

/// Lines of a file, of any length, without their ends.
class Lines {
 public:
  static Result<Lines> open(const std::string& path) {
    if (path.empty() || path == "-") return Lines(stdin);
    std::FILE* file = std::fopen(path.c_str(), "re");
    if (file == nullptr) return fail_os(errno, path);
    return Lines(file);
  }
  /// Null at the end. The view holds until the next call.
  std::optional<std::string_view> next() {
    char* line = line_.release();
    const auto length = ::getline(&line, &capacity_, file_.get());
    line_.reset(line);
    if (length < 0) return std::nullopt;
    std::string_view text(line, static_cast<std::size_t>(length));
    if (text.ends_with('\n')) text.remove_suffix(1);
    return text;
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const {
      if (file != stdin) std::fclose(file);
    }
  };
  struct Free {
    void operator()(char* line) const { std::free(line); }
  };
  explicit Lines(std::FILE* file) : file_(file) {}
  std::unique_ptr<std::FILE, Close> file_;
  std::unique_ptr<char, Free> line_;
  std::size_t capacity_{0};
};

/// What a line says, with what the options say of every record.
Result<NewRecord> record_of(const Options& options, std::string_view line) {
  NewRecord record;
  if (options.format == LineFormat::json) {
    record = TRY(parse_record_json(line));
  } else {
    const auto at = options.key_separator.empty() ? line.npos : line.find(options.key_separator);
    if (at != line.npos) {
      record.key = std::string(line.substr(0, at));
      line.remove_prefix(at + options.key_separator.size());
    }
    record.value = std::string(line);
    if (line.empty() && options.tombstones) record.value.reset();
  }
  if (options.key) record.key = options.key;
  for (const auto& header : options.headers) {
    const auto equals = header.find('=');
    record.headers.emplace_back(header.substr(0, equals), header.substr(equals + 1));
  }
  return record;
}

/// librdkafka copies key and value; the casts are for its interface.
rd_kafka_vu_t bytes_field(rd_kafka_vtype_t type, const std::optional<std::string>& bytes) {
  rd_kafka_vu_t field{};
  field.vtype = type;
  field.u.mem = {.ptr = const_cast<char*>(bytes ? bytes->data() : nullptr),
                 .size = bytes ? bytes->size() : 0};
  return field;
}

std::array<rd_kafka_vu_t, 7> fields_of(const Options& options, const NewRecord& record,
                                       rd_kafka_headers_t* headers) {
  std::array<rd_kafka_vu_t, 7> fields{};
  fields[0].vtype = RD_KAFKA_VTYPE_TOPIC;
  fields[0].u.cstr = options.topic.c_str();
  fields[1].vtype = RD_KAFKA_VTYPE_PARTITION;
  fields[1].u.i32 = options.partition;
  fields[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  fields[2].u.i = RD_KAFKA_MSG_F_COPY;
  fields[3] = bytes_field(RD_KAFKA_VTYPE_KEY, record.key);
  fields[4] = bytes_field(RD_KAFKA_VTYPE_VALUE, record.value);
  fields[5].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
  fields[5].u.i64 = record.timestamp;
  fields[6].vtype = RD_KAFKA_VTYPE_HEADERS;
  fields[6].u.headers = headers;
  return fields;
}

/// Hands one record to librdkafka, waiting while its queue is full.
Result<> send(const KafkaClient& client, const Options& options, const NewRecord& record) {
  Owned<rd_kafka_headers_t, rd_kafka_headers_destroy> headers(
      rd_kafka_headers_new(record.headers.size()));
  for (const auto& [name, value] : record.headers) {
    rd_kafka_header_add(headers.get(), name.data(), static_cast<ssize_t>(name.size()),
                        value ? value->data() : nullptr,
                        value ? static_cast<ssize_t>(value->size()) : 0);
  }
  const auto fields = fields_of(options, record, headers.get());
  for (;;) {
    Owned<rd_kafka_error_t, rd_kafka_error_destroy> error(
        rd_kafka_produceva(client.get(), fields.data(), fields.size()));
    if (error == nullptr) {
      [[maybe_unused]] const auto* const librdkafkas = headers.release();
      return {};
    }
    const auto code = rd_kafka_error_code(error.get());
    if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      return std::unexpected(client.explain(code, options.topic));
    }
    constexpr int wait_ms = 100;
    rd_kafka_poll(client.get(), wait_ms);
  }
}

/// Every line until the input ends or a record fails.
Result<> send_lines(const KafkaClient& client, const Options& options, Progress& progress,
                    const Deliveries& deliveries) {
  auto lines = TRY(Lines::open(options.file));
  for (std::uint64_t number = 1; const auto line = lines.next(); ++number) {
    auto record = record_of(options, *line);
    if (!record) {
      return std::unexpected(std::move(record).error().within(fmt::format("line {}", number)));
    }
    TRY(send(client, options, *record));
    progress.add(1, line->size());
    rd_kafka_poll(client.get(), 0);
    if (deliveries.failed > 0) break;
  }
  return {};
}

Result<> produce(World& world, const Options& options) {
  Deliveries deliveries;
  const auto client =
      TRY(KafkaClient::make(KafkaClient::Kind::producer, options.client,
                            {{"acks", options.acks},
                             {"enable.idempotence", options.acks == "all" ? "true" : "false"},
                             {"compression.codec", options.codec},
                             {"partitioner", "murmur2_random"},  // as the Java client's
                             {"message.timeout.ms", fmt::to_string(options.client.timeout_ms)}},
                            {.on_delivery = on_delivery, .opaque = &deliveries}));
  Result<> sent;
  {
    // What is typed on a terminal needs no counter.
    Progress progress(world, "sent");
    if (options.file.empty() && ::isatty(STDIN_FILENO) == 1) progress.disable();
    sent = send_lines(client, options, progress, deliveries);
    // Every record ends as delivered or, after message.timeout.ms, as failed.
    while (rd_kafka_outq_len(client.get()) > 0) rd_kafka_flush(client.get(), 1000);
  }
  if (sent && deliveries.failed > 0) {
    sent = std::unexpected(client.explain(deliveries.first_failure, options.topic));
  }
  if (!sent) {
    auto error = std::move(sent).error();
    error.context += fmt::format(". {} records were written", deliveries.delivered);
    if (deliveries.failed > 0) error.context += fmt::format(", {} were not", deliveries.failed);
    return std::unexpected(std::move(error));
  }
  if (!options.quiet) fmt::print(stderr, "{} records to {}\n", deliveries.delivered, options.topic);
  return {};
}

}  // namespace

void add_produce_command(Command program, Chosen& chosen) {
  const auto options = std::make_shared<Options>();
  const auto app =
      add_verb(program, chosen, options, "produce", "write lines as records to a topic",
               "It is done when every record is acknowledged. With json, a line is an\n"
               "object with key, value, headers and timestamp, none of which must be\n"
               "there; bytes that are not text are written as {\"base64\":\"...\"}.\n\n"
               "Examples:\n"
               "  echo hello | moldau produce greetings\n"
               "  moldau produce access --file /var/log/access.log --codec zstd\n"
               "  printf 'alice:1\\nbob:2\\n' | moldau produce scores --key-separator :\n"
               "  echo '{\"key\":\"k\",\"value\":null}' | moldau produce users --format json\n"
               "  moldau consume a --from beginning --exit --format json |\n"
               "      moldau produce b --format json",
               produce);
  app.add_option("topic", options->topic, "its name").required().type_name("TOPIC");
  app.add_option("--file", options->file, "what to read instead of standard input")
      .type_name("FILE");
  add_choice<LineFormat>(
      app, "--format", options->format, {{"text", LineFormat::text}, {"json", LineFormat::json}},
      "what a line is: text is a value, json is a record as `consume` prints it");
  const auto key =
      app.add_option("--key", options->key, "the key of every record").type_name("TEXT");
  app.add_option("--key-separator", options->key_separator,
                 "the first of these in a line ends the key; a line without has no key")
      .type_name("TEXT")
      .excludes(key);
  app.add_flag("--tombstones", options->tombstones,
               "a line with an empty value is a tombstone: its value is null");
  add_list(app, "--header", options->headers, "NAME=VALUE",
           "a header of every record; may be repeated")
      .check(assignment());
  add_choice<std::string>(
      app, "--codec", options->codec,
      {{"none", "none"}, {"gzip", "gzip"}, {"snappy", "snappy"}, {"lz4", "lz4"}, {"zstd", "zstd"}},
      "how batches are compressed");
  add_choice<std::string>(app, "--acks", options->acks, {{"all", "all"}, {"1", "1"}, {"0", "0"}},
                          "who must have a record: all is every in-sync replica");
  app.add_option("--partition", options->partition, "default: by the key's hash, or in turn")
      .check(at_least(0))
      .type_name("N");
  app.add_flag("--quiet", options->quiet, "do not say how many were written");
  add_client_options(app, options->client);
}

}  // namespace moldau::apps
