#include "apps/cli/options.h"

#include <fmt/format.h>

#include <charconv>

#include "apps/cli/kafka_client.h"
#include "apps/cli/output.h"
#include "apps/cli/position.h"
#include "apps/cli/wire.h"

namespace moldau::apps {

CLI::Option& add_list(CLI::App& app, const std::string& name, std::vector<std::string>& values,
                      const std::string& type, const std::string& what) {
  return *app.add_option(name, values, what)
              ->type_name(type)
              ->expected(1)
              ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

CLI::Validator at_least(std::int64_t least) {
  return {[least](const std::string& text) {
            std::int64_t number = 0;
            const auto* end = text.data() + text.size();
            const auto parsed = std::from_chars(text.data(), end, number);
            const bool fits = parsed.ec == std::errc() && parsed.ptr == end && number >= least;
            return fits ? std::string()
                        : fmt::format("{}: write a whole number, at least {}", text, least);
          },
          ""};
}

CLI::Validator assignment() {
  return {[](const std::string& text) {
            const auto equals = text.find('=');
            const bool fits = equals != std::string::npos && equals > 0;
            return fits ? std::string() : text + ": write it as KEY=VALUE";
          },
          ""};
}

CLI::Validator is_position() {
  return {[](const std::string& text) {
            const auto position = parse_position(text);
            return position ? std::string() : position.error().context;
          },
          ""};
}

CLI::Validator is_bootstrap() {
  return {[](const std::string& text) {
            const auto addresses = parse_bootstrap(text);
            return addresses ? std::string() : addresses.error().context;
          },
          ""};
}

void add_format_option(CLI::App& app, Format& format) {
  add_choice<Format>(app, "--format", format, {{"table", Format::table}, {"json", Format::json}},
                     "how it is printed");
}

void add_broker_options(CLI::App& app, ClientOptions& options) {
  app.add_option("--bootstrap", options.bootstrap, "brokers to ask first, with commas between")
      ->type_name("HOST:PORT")
      ->check(is_bootstrap())
      ->envname("MOLDAU_BOOTSTRAP")
      ->capture_default_str()
      ->group("Connection");
  app.add_option("--timeout", options.timeout_ms, "limit of one request")
      ->type_name("MILLISECONDS")
      ->check(at_least(1))
      ->capture_default_str()
      ->group("Connection");
}

void add_client_options(CLI::App& app, ClientOptions& options) {
  add_broker_options(app, options);
  add_list(app, "-X", options.properties, "KEY=VALUE",
           "a property of librdkafka, as security.protocol=SSL; may be repeated")
      .check(assignment())
      ->group("Connection");
}

}  // namespace moldau::apps
