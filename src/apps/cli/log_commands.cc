#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "apps/cli/log_dump.h"
#include "apps/cli/output.h"
#include "apps/cli/verb.h"
#include "env/real/real_disk.h"

namespace moldau::apps {
namespace {

struct Options {
  std::vector<std::string> paths;
  bool records{false};
};

/// The exit code. Several files are told apart by their names; one that can not be read does not
/// keep the others from being dumped.
int dump_all(const Options& options) {
  env::RealDisk disk;
  const DumpOptions dump{.depth = options.records ? DumpOptions::Depth::records
                                                  : DumpOptions::Depth::batches};
  const Print print = [](std::string_view line) {
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fputc('\n', stdout);
  };
  int code = exit_ok;
  for (const auto& path : options.paths) {
    if (options.paths.size() > 1) print("== " + path);
    const auto result = dump_file(disk, path, dump, print);
    if (!result) code = report(result.error());
    if (result && result->problems > 0) code = exit_failed;
  }
  return code;
}

}  // namespace

void add_log_commands(Command program, Chosen& chosen) {
  const auto group = add_group(program, "log", "look into a data directory");
  const auto options = std::make_shared<Options>();
  const auto dump =
      group.add_subcommand("dump", "print a segment, index, snapshot or checkpoint, and check it");
  dump.footer(
      "Lines that begin with BAD say what is wrong; then the exit code is 1.\n\n"
      "Examples:\n"
      "  moldau log dump /data/orders-0/00000000000000000000.log --records\n"
      "  moldau log dump /data/orders-0/*.index /data/orders-0/leader-epoch-checkpoint");
  dump.add_option("file", options->paths, "files of a partition or of the data directory")
      .required()
      .type_name("FILE");
  dump.add_flag("--records", options->records, "the records of each batch, too");
  dump.callback(
      [&chosen, options] { chosen.run = [options](World&) { return dump_all(*options); }; });
}

}  // namespace moldau::apps
