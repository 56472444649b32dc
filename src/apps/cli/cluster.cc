#include <fmt/format.h>

#include <memory>

#include "apps/cli/cluster_report.h"
#include "apps/cli/options.h"
#include "apps/cli/verb.h"

namespace moldau::apps {
namespace {

struct Options {
  ClientOptions client;
  Format format{Format::table};
};

Result<> describe(World& world, const Options& options) {
  const auto wire = TRY(Wire::connect(world, options.client));
  auto report = TRY(read_cluster_report(*wire));
  fmt::print("{}",
             options.format == Format::json ? report_json(report) + "\n" : report_text(report));
  if (report.failures.empty()) return {};
  return std::unexpected(std::move(report.failures[0]).within("the report is not complete"));
}

}  // namespace

void add_cluster_commands(Command program, Chosen& chosen) {
  const auto group = add_group(program, "cluster", "the cluster as a whole: describe");
  const auto options = std::make_shared<Options>();
  const auto app = add_verb(group, chosen, options, "describe",
                            "brokers, controller, quorum, features and log directories",
                            "Examples:\n"
                            "  moldau cluster describe\n"
                            "  moldau cluster describe --bootstrap b1:9092,b2:9092 --format json",
                            describe);
  add_format_option(app, options->format);
  add_broker_options(app, options->client);
}

}  // namespace moldau::apps
