#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <map>
#include <memory>

#include "apps/cli/options.h"
#include "apps/cli/progress.h"
#include "apps/cli/record_format.h"
#include "apps/cli/record_source.h"
#include "apps/cli/stop_signals.h"
#include "apps/cli/verb.h"

namespace moldau::apps {
namespace {

enum class RecordFormat : std::uint8_t { text, table, json };

struct Options {
  ClientOptions client;
  std::vector<std::string> topics;
  std::vector<std::int32_t> partitions;  ///< empty: all
  std::string group;                     ///< empty: none
  std::string from{"end"};
  std::uint64_t count_max{0};  ///< 0: no limit
  bool exit_at_end{false};
  std::string key_separator;  ///< empty: keys are not printed as text
  std::string record_template;
  RecordFormat format{RecordFormat::text};
};

/// Prints records, and tells the source from time to time what has really gone out.
class Printer {
 public:
  static Result<Printer> make(const Options& options) {
    Printer printer(options);
    if (!options.record_template.empty()) {
      printer.template_ = TRY(RecordTemplate::parse(options.record_template));
    }
    if (options.format == RecordFormat::table) fmt::print("{}\n", record_row_header());
    return printer;
  }

  void print(const RecordView& record) {
    line_.clear();
    if (template_) {
      template_->append(line_, record);
    } else if (options_.format == RecordFormat::json) {
      line_ = record_json(record) + "\n";
    } else if (options_.format == RecordFormat::table) {
      line_ = record_row(record) + "\n";
    } else {
      if (!options_.key_separator.empty()) {
        if (record.key) line_ += as_text(*record.key);
        line_ += options_.key_separator;
      }
      if (record.value) line_ += as_text(*record.value);
      line_ += '\n';
    }
    std::fwrite(line_.data(), 1, line_.size(), stdout);
    printed_[{std::string(record.topic), record.partition}] = record.offset;
    ++count_;
  }

  /// Only what has left this process counts as read.
  Result<> flush(RecordSource& source) {
    if (std::fflush(stdout) != 0) return fail_os(errno, "standard output");
    for (const auto& [partition, offset] : printed_) {
      source.done(partition.first, partition.second, offset);
    }
    printed_.clear();
    return {};
  }

  std::uint64_t count() const { return count_; }

 private:
  explicit Printer(const Options& options) : options_(options) {}

  const Options& options_;
  std::optional<RecordTemplate> template_;
  std::string line_;
  std::map<std::pair<std::string, std::int32_t>, std::int64_t> printed_;  // since the last flush
  std::uint64_t count_{0};
};

Result<std::unique_ptr<RecordSource>> open(World& world, const Options& options) {
  const auto from = TRY(parse_position(options.from));
  if (!options.group.empty()) {
    return join_group(options.client, options.topics, options.group, from.kind);
  }
  return open_partitions(options.client,
                         {.topics = options.topics, .partitions = options.partitions, .from = from},
                         world.env().clock().wall());
}

Result<> consume(World& world, const Options& options) {
  StopSignals stop;
  auto printer = TRY(Printer::make(options));
  const auto source = TRY(open(world, options));
  Progress progress(world, "read");
  if (::isatty(STDOUT_FILENO) == 1) progress.disable();
  constexpr std::uint64_t flush_interval = 1000;
  while ((options.count_max == 0 || printer.count() < options.count_max) && !stop.asked()) {
    const auto message = TRY(source->next());
    if (message != nullptr) {
      printer.print(view(*message));
      progress.add(1, message->len + message->key_len);
      if (printer.count() % flush_interval == 0) TRY(printer.flush(*source));
      continue;
    }
    TRY(printer.flush(*source));
    if (options.exit_at_end && source->at_end()) break;
  }
  TRY(printer.flush(*source));
  source->close();
  return {};
}

/// What the types of the options cannot say.
void check(const Options& options) {
  const auto from = parse_position(options.from);
  if (!options.group.empty()) {
    if (!options.partitions.empty()) {
      throw UsageError("--partition: a group shares out the partitions by itself");
    }
    if (from && from->kind != Position::Kind::earliest && from->kind != Position::Kind::latest) {
      throw UsageError(
          "--from: a group goes on where it has committed; set that with `moldau group reset`, "
          "and here only beginning or end for where it has committed nothing");
    }
  }
  if (!options.record_template.empty()) {
    const auto parsed = RecordTemplate::parse(options.record_template);
    if (!parsed) throw UsageError("--template: " + parsed.error().context);
  }
}

constexpr auto general =
    "Without --group it reads on its own and stores no offsets. With --group it shares the\n"
    "partitions with the other members, and commits what it has printed. Ctrl-C ends it in good\n"
    "order.\n\n"
    "WHERE is one of\n";

constexpr auto examples =
    "\n\nExamples:\n"
    "  moldau consume greetings --from beginning\n"
    "  moldau consume scores --from -10 --exit --format json\n"
    "  moldau consume orders --partition 3 --from 1500 -n 1 --key-separator ' '\n"
    "  moldau consume orders --from -15m --template '%T %p:%o %k=%v\\n'\n"
    "  moldau consume orders payments --group audit --from beginning";

void add_choices(Command app, Options& options) {
  app.add_option("--group", options.group, "read as a member of this group").type_name("GROUP");
  app.add_option("--partition", options.partitions, "default: all; may be repeated")
      .check(at_least(0))
      .type_name("N")
      .repeated();
  app.add_option("--from", options.from,
                 "where to begin; with --group, where it has committed nothing")
      .type_name("WHERE")
      .check(is_position())
      .capture_default_str();
  app.add_option("-n,--count", options.count_max, "stop after so many records")
      .check(at_least(1))
      .type_name("N");
  app.add_flag("-e,--exit", options.exit_at_end, "stop at the end instead of waiting for more");
}

void add_formats(Command app, Options& options) {
  const auto format = add_choice<RecordFormat>(
      app, "--format", options.format,
      {{"text", RecordFormat::text}, {"table", RecordFormat::table}, {"json", RecordFormat::json}},
      "how a record is printed: text is its value, table is "
      "columns, json is what `produce` can read");
  const auto separator = app.add_option("--key-separator", options.key_separator,
                                        "with text: print the key and this before a value")
                             .type_name("TEXT");
  app.add_option("--template", options.record_template, "how a record is printed, field by field")
      .type_name("TEMPLATE")
      .excludes(format)
      .excludes(separator);
}

}  // namespace

void add_consume_command(Command program, Chosen& chosen) {
  const auto options = std::make_shared<Options>();
  const auto app =
      add_verb(program, chosen, options, "consume", "read records of topics",
               general + std::string(position_forms) + "\n\nTEMPLATE is text with these in it:\n" +
                   std::string(template_fields) + examples,
               consume);
  app.add_option("topic", options->topics, "which").required().type_name("TOPIC");
  add_choices(app, *options);
  add_formats(app, *options);
  add_client_options(app, options->client);
  app.callback([&chosen, options] {
    check(*options);
    chosen.run = [options](World& world) { return exit_code(consume(world, *options)); };
  });
}

}  // namespace moldau::apps
