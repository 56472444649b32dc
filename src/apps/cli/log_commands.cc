#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "apps/cli/log_dump.h"
#include "apps/cli/log_verify.h"
#include "apps/cli/output.h"
#include "apps/cli/progress.h"
#include "apps/cli/verb.h"
#include "env/real/real_disk.h"

namespace moldau::apps {
namespace {

struct Options {
  std::vector<std::string> paths;
  bool records{false};
  bool show_secrets{false};
  std::string topic;
  Format format{Format::table};
};

void print_line(std::string_view line) {
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fputc('\n', stdout);
}

DumpOptions dump_options(const Options& options) {
  DumpOptions dump;
  if (options.records) dump.depth = DumpOptions::Depth::records;
  if (options.show_secrets) dump.secrets = protocol::Secrets::shown;
  if (!options.topic.empty()) dump.topic = options.topic;
  dump.format = options.format;
  return dump;
}

/// The exit code. Several files are told apart by their names; one that can not be read does not
/// keep the others from being dumped.
int dump_all(const Options& options) {
  env::RealDisk disk;
  auto dump = dump_options(options);
  const Print print = print_line;
  const bool is_one = options.paths.size() == 1;
  int code = exit_ok;
  for (const auto& path : options.paths) {
    if (!is_one && dump.format == Format::table) print("== " + path);
    dump.file_label = is_one ? "" : path;
    const auto result = dump_file(disk, path, dump, print);
    if (!result) code = report(result.error());
    if (result && result->problems > 0) code = exit_failed;
  }
  return code;
}

struct VerifyOptions {
  std::vector<std::string> paths;
  Format format{Format::table};
};

/// The exit code. A directory that can not be read does not keep the others from being checked.
int verify_all(World& world, const VerifyOptions& options) {
  env::RealDisk disk;
  const VerifyPrinter printer(options.format, print_line);
  int code = exit_ok;
  Progress progress(world, "checked");
  storage::Findings findings([&](const storage::Finding& finding) {
    progress.hide();
    printer.say(finding);
  });
  for (const auto& path : options.paths) {
    const auto done = verify_path(disk, path, findings,
                                  [&](auto records, auto bytes) { progress.add(records, bytes); });
    progress.hide();
    if (!done) code = report(done.error());
  }
  // Zeros of a directory that was refused would read like praise.
  if (code == exit_ok || findings.totals.partitions > 0) printer.summarize(findings.totals);
  return findings.totals.damage > 0 ? exit_failed : code;
}

void add_verify(Command group, Chosen& chosen) {
  const auto options = std::make_shared<VerifyOptions>();
  const auto verify = group.add_subcommand(
      "verify", "check a log directory, or one partition's, of a broker that is stopped");
  verify.footer(
      "Reads everything and changes nothing: checksums, records, offsets, indexes, leader epochs,\n"
      "producer snapshots, checkpoints; also of a directory that Apache Kafka has written. A line\n"
      "that begins with DAMAGE (in JSON, of the kind \"damage\") says what is wrong; then the "
      "exit\n"
      "code is 1. WARNING is what the next start mends or cuts without a loss: a torn tail behind\n"
      "the recovery point, a missing index.\n\n"
      "A broker that runs keeps its directories locked, and checks sealed segments by itself\n"
      "(log.scrub.bytes.per.second).\n\n"
      "Examples:\n"
      "  moldau log verify /var/lib/moldau\n"
      "  moldau log verify /data1 /data2 --format json\n"
      "  moldau log verify /data1/orders-0");
  verify.add_option("directory", options->paths, "directories of log.dirs, or of partitions")
      .required()
      .type_name("DIR");
  add_format_option(verify, options->format);
  verify.callback([&chosen, options] {
    chosen.run = [options](World& world) { return verify_all(world, *options); };
  });
}

}  // namespace

void add_log_commands(Command program, Chosen& chosen) {
  const auto group = add_group(program, "log", "look into a data directory");
  add_verify(group, chosen);
  const auto options = std::make_shared<Options>();
  const auto dump =
      group.add_subcommand("dump", "print a segment, index, snapshot or checkpoint, and check it");
  dump.footer(
      "Lines that begin with BAD (in JSON, of the kind \"bad\") say what is wrong; then the exit\n"
      "code is 1. Records of the internal topics (__cluster_metadata, __consumer_offsets,\n"
      "__transaction_state, __share_group_state) are printed as the messages that they are, "
      "control\n"
      "records in any topic, too. Credentials are \"[hidden]\".\n\n"
      "Examples:\n"
      "  moldau log dump /data/orders-0/00000000000000000000.log --records\n"
      "  moldau log dump /data/__consumer_offsets-7/*.log --records --format json\n"
      "  moldau log dump --topic __cluster_metadata saved.log --records\n"
      "  moldau log dump /data/orders-0/*.index /data/orders-0/leader-epoch-checkpoint");
  dump.add_option("file", options->paths, "files of a partition or of the data directory")
      .required()
      .type_name("FILE");
  dump.add_flag("--records", options->records, "the records of each batch, too");
  dump.add_option("--topic", options->topic,
                  "whose records these are; default: as the directory is named")
      .type_name("NAME");
  dump.add_flag("--show-secrets", options->show_secrets, "SCRAM keys and the like, too");
  add_format_option(dump, options->format);
  dump.callback(
      [&chosen, options] { chosen.run = [options](World&) { return dump_all(*options); }; });
}

}  // namespace moldau::apps
