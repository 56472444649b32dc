#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "apps/cli/cluster_report.h"
#include "apps/cli/cluster_upgrade.h"
#include "apps/cli/options.h"
#include "apps/cli/verb.h"

namespace moldau::apps {
namespace {

struct Options {
  ClientOptions client;
  Format format{Format::table};
  std::vector<std::string> features;
  bool dry_run{false};
};

Result<> describe(World& world, const Options& options) {
  const auto wire = TRY(Wire::connect(world, options.client));
  auto report = TRY(read_cluster_report(*wire));
  fmt::print("{}",
             options.format == Format::json ? report_json(report) + "\n" : report_text(report));
  if (report.failures.empty()) return {};
  return std::unexpected(std::move(report.failures[0]).within("the report is not complete"));
}

void print(const std::vector<FeatureRaise>& raises, Format format) {
  if (format == Format::json) {
    std::vector<std::string> rows;
    rows.reserve(raises.size());
    for (const auto& raise : raises) {
      rows.push_back(JsonObject()
                         .text("feature", raise.name)
                         .number("from", raise.from)
                         .number("to", raise.to)
                         .to_string());
    }
    fmt::print("{}\n", json_array(rows));
    return;
  }
  Table table({"FEATURE", "FROM", "TO"});
  for (const auto& raise : raises) {
    table.add({raise.name, fmt::to_string(raise.from), fmt::to_string(raise.to)});
  }
  if (!table.empty()) fmt::print("{}", table.to_string());
}

Result<> upgrade(World& world, const Options& options) {
  std::vector<FeatureLevel> wanted;
  wanted.reserve(options.features.size());
  for (const auto& text : options.features) wanted.push_back(TRY(parse_feature(text)));
  const auto wire = TRY(Wire::connect(world, options.client));
  const auto raises = TRY(plan_upgrade(*wire, wanted));
  if (!raises.empty()) {
    const auto commit = options.dry_run ? Commit::validate_only : Commit::yes;
    TRY(raise_features(*wire, raises, commit));
  }
  print(raises, options.format);
  std::fflush(stdout);
  if (raises.empty()) {
    fmt::print(stderr, "nothing to raise\n");
  } else if (options.dry_run) {
    fmt::print(stderr, "nothing was raised: --dry-run\n");
  }
  return {};
}

void add_upgrade(Command group, Chosen& chosen) {
  const auto options = std::make_shared<Options>();
  const auto app = add_verb(
      group, chosen, options, "upgrade", "raise the cluster's features after a new release",
      "A new release brings features that stay off, so that the old one could come back, until "
      "they\nare raised: without --feature all of them, to the highest level that every broker "
      "knows.\nThere is no way back from most levels of metadata.version.\n\n"
      "Examples:\n"
      "  moldau cluster upgrade --dry-run\n"
      "  moldau cluster upgrade --feature group.version=1",
      upgrade);
  app.add_option("--feature", options->features, "only this one, to this level; may be repeated")
      .type_name("NAME=LEVEL")
      .check([](const std::string& text) {
        const auto feature = parse_feature(text);
        return feature ? std::string() : feature.error().context;
      });
  app.add_flag("--dry-run", options->dry_run, "only ask whether it would be accepted");
  add_format_option(app, options->format);
  add_broker_options(app, options->client);
}

}  // namespace

void add_cluster_commands(Command program, Chosen& chosen) {
  const auto group = add_group(program, "cluster", "the cluster as a whole: describe, upgrade");
  const auto options = std::make_shared<Options>();
  const auto app = add_verb(group, chosen, options, "describe",
                            "brokers, controller, quorum, features and log directories",
                            "Examples:\n"
                            "  moldau cluster describe\n"
                            "  moldau cluster describe --bootstrap b1:9092,b2:9092 --format json",
                            describe);
  add_format_option(app, options->format);
  add_broker_options(app, options->client);
  add_upgrade(group, chosen);
}

}  // namespace moldau::apps
