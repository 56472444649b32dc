#include <CLI/CLI.hpp>

#include "apps/cli/kafka_client.h"
#include "apps/cli/output.h"

namespace moldau::apps {

void add_format_option(CLI::App& app, Format& format) {
  app.add_option("--format", format, "table or json")
      ->transform(CLI::CheckedTransformer(std::vector<std::pair<std::string, Format>>{
          {"table", Format::table}, {"json", Format::json}}))
      ->type_name("FORMAT");
}

void add_client_options(CLI::App& app, ClientOptions& options) {
  app.add_option("--bootstrap", options.bootstrap, "a broker of the cluster")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  app.add_option("-X", options.properties, "a property of librdkafka; may be repeated")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--timeout", options.timeout_ms, "limit of one request")
      ->type_name("MILLISECONDS")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
}

}  // namespace moldau::apps
