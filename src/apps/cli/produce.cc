#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>

#include "apps/cli/commands.h"
#include "apps/cli/kafka_client.h"
#include "apps/cli/output.h"

namespace moldau::apps {
namespace {

struct Options {
  ClientOptions client;
  std::string topic;
  std::string file;           ///< empty: standard input
  std::string key_separator;  ///< empty: no keys
  std::vector<std::string> headers;
  std::string codec{"none"};
  std::string acks{"all"};
  std::int32_t partition{RD_KAFKA_PARTITION_UA};
  bool quiet{false};
};

struct Progress {
  std::uint64_t delivered{0};
  std::uint64_t failed{0};
  rd_kafka_resp_err_t first_failure{RD_KAFKA_RESP_ERR_NO_ERROR};
};

void on_delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  auto& progress = *static_cast<Progress*>(opaque);
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    ++progress.delivered;
  } else if (progress.failed++ == 0) {
    progress.first_failure = message->err;
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

/// The record as librdkafka takes it. It copies key and value; the casts are for its interface.
std::array<rd_kafka_vu_t, 6> fields_of(const Options& options, std::optional<std::string_view> key,
                                       std::string_view value, rd_kafka_headers_t* headers) {
  std::array<rd_kafka_vu_t, 6> fields{};
  fields[0].vtype = RD_KAFKA_VTYPE_TOPIC;
  fields[0].u.cstr = options.topic.c_str();
  fields[1].vtype = RD_KAFKA_VTYPE_PARTITION;
  fields[1].u.i32 = options.partition;
  fields[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  fields[2].u.i = RD_KAFKA_MSG_F_COPY;
  fields[3].vtype = RD_KAFKA_VTYPE_KEY;
  fields[3].u.mem = {.ptr = const_cast<char*>(key ? key->data() : nullptr),
                     .size = key ? key->size() : 0};
  fields[4].vtype = RD_KAFKA_VTYPE_VALUE;
  fields[4].u.mem = {.ptr = const_cast<char*>(value.data()), .size = value.size()};
  fields[5].vtype = RD_KAFKA_VTYPE_HEADERS;
  fields[5].u.headers = headers;
  return fields;
}

/// Hands one record to librdkafka, waiting while its queue is full.
Result<> send(const KafkaClient& client, const Options& options, std::string_view line) {
  std::optional<std::string_view> key;
  if (!options.key_separator.empty()) {
    if (const auto at = line.find(options.key_separator); at != line.npos) {
      key = line.substr(0, at);
      line.remove_prefix(at + options.key_separator.size());
    }
  }
  Owned<rd_kafka_headers_t, rd_kafka_headers_destroy> headers(
      rd_kafka_headers_new(options.headers.size()));
  for (const auto& header : options.headers) {
    const auto equals = header.find('=');
    const auto name = header.substr(0, equals);
    const auto value = equals == std::string::npos ? std::string() : header.substr(equals + 1);
    rd_kafka_header_add(headers.get(), name.data(), static_cast<ssize_t>(name.size()), value.data(),
                        static_cast<ssize_t>(value.size()));
  }
  const auto fields = fields_of(options, key, line, headers.get());
  for (;;) {
    Owned<rd_kafka_error_t, rd_kafka_error_destroy> error(
        rd_kafka_produceva(client.get(), fields.data(), fields.size()));
    if (error == nullptr) {
      headers.release();  // librdkafka's now
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

Result<> produce(const Options& options) {
  Progress progress;
  const auto client =
      TRY(KafkaClient::make(KafkaClient::Kind::producer, options.client,
                            {{"acks", options.acks},
                             {"enable.idempotence", options.acks == "all" ? "true" : "false"},
                             {"compression.codec", options.codec},
                             {"partitioner", "murmur2_random"},  // as the Java client's
                             {"message.timeout.ms", fmt::to_string(options.client.timeout_ms)}},
                            on_delivery, &progress));
  auto lines = TRY(Lines::open(options.file));
  while (const auto line = lines.next()) {
    TRY(send(client, options, *line));
    rd_kafka_poll(client.get(), 0);
    if (progress.failed > 0) break;
  }
  // Every record ends as delivered or, after message.timeout.ms, as failed.
  while (rd_kafka_outq_len(client.get()) > 0) rd_kafka_flush(client.get(), 1000);
  if (progress.failed > 0) {
    auto error = client.explain(progress.first_failure, options.topic);
    error.context +=
        fmt::format(". {} records were written, {} were not.", progress.delivered, progress.failed);
    return std::unexpected(std::move(error));
  }
  if (!options.quiet) fmt::print(stderr, "{} records to {}\n", progress.delivered, options.topic);
  return {};
}

}  // namespace

void add_produce_command(CLI::App& program, Chosen& chosen) {
  auto& app = *program.add_subcommand("produce", "write lines as records to a topic");
  app.footer(
      "Examples:\n"
      "  echo hello | moldau produce greetings\n"
      "  moldau produce access --file /var/log/access.log --codec zstd\n"
      "  printf 'alice:1\\nbob:2\\n' | moldau produce scores --key-separator :");
  const auto options = std::make_shared<Options>();
  app.add_option("topic", options->topic, "its name")->required()->type_name("TOPIC");
  add_client_options(app, options->client);
  app.add_option("--file", options->file, "what to read instead of standard input")
      ->type_name("PATH");
  app.add_option("--key-separator", options->key_separator,
                 "the first of these in a line ends the key; a line without has no key")
      ->type_name("TEXT");
  app.add_option("--header", options->headers, "a header of every record; may be repeated")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--codec", options->codec, "how batches are compressed")
      ->check(CLI::IsMember({"none", "gzip", "snappy", "lz4", "zstd"}))
      ->type_name("CODEC")
      ->capture_default_str();
  app.add_option("--acks", options->acks, "all: on the disk of every in-sync replica")
      ->check(CLI::IsMember({"all", "1", "0"}))
      ->type_name("ACKS")
      ->capture_default_str();
  app.add_option("--partition", options->partition, "default: by the key's hash, or in turn")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N");
  app.add_flag("--quiet", options->quiet, "do not say how many were written");
  app.callback([&chosen, options] {
    chosen.run = [options] {
      const auto done = produce(*options);
      return done ? exit_ok : report(done.error());
    };
  });
}

}  // namespace moldau::apps
