#include "apps/cli/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "apps/cli/kafka_client.h"
#include "apps/cli/output.h"
#include "apps/cli/position.h"
#include "apps/cli/wire.h"

namespace moldau::apps {

Option add_choice(Command app, const std::string& name, const std::vector<Choice>& choices,
                  const std::string& what) {
  std::string type;
  std::string preset;
  for (const auto& choice : choices) {
    type += (type.empty() ? "" : "|") + choice.word;
    if (choice.is_default) preset = choice.word;
  }
  const auto take = [choices](const std::string& word) {
    for (const auto& choice : choices) {
      if (choice.word == word) choice.take();
    }
  };
  const auto check = [choices, type](const std::string& word) {
    const bool known = std::ranges::find(choices, word, &Choice::word) != choices.end();
    return known ? std::string() : word + ": write " + type;
  };
  return app.add_option_function(name, take, what).check(check).type_name(type).default_str(preset);
}

Option add_list(Command app, const std::string& name, std::vector<std::string>& values,
                const std::string& type, const std::string& what) {
  return app.add_option(name, values, what).type_name(type).repeated();
}

Check at_least(std::int64_t least) {
  return [least](const std::string& text) {
    std::int64_t number = 0;
    const auto* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, number);
    const bool fits = parsed.ec == std::errc() && parsed.ptr == end && number >= least;
    return fits ? std::string() : fmt::format("{}: write a whole number, at least {}", text, least);
  };
}

Check assignment() {
  return [](const std::string& text) {
    const auto equals = text.find('=');
    const bool fits = equals != std::string::npos && equals > 0;
    return fits ? std::string() : text + ": write it as KEY=VALUE";
  };
}

Check is_duration() {
  return [](const std::string& text) {
    const auto duration = parse_duration_ms(text);
    return duration ? std::string() : duration.error().context;
  };
}

Check is_position() {
  return [](const std::string& text) {
    const auto position = parse_position(text);
    return position ? std::string() : position.error().context;
  };
}

Check is_bootstrap() {
  return [](const std::string& text) {
    const auto addresses = parse_bootstrap(text);
    return addresses ? std::string() : addresses.error().context;
  };
}

void add_format_option(Command app, Format& format) {
  add_choice<Format>(app, "--format", format, {{"table", Format::table}, {"json", Format::json}},
                     "how it is printed");
}

void add_broker_options(Command app, ClientOptions& options) {
  app.add_option("--bootstrap,--bootstrap-server", options.bootstrap,
                 "brokers to ask first, with commas between")
      .type_name("HOST:PORT")
      .check(is_bootstrap())
      .envname("MOLDAU_BOOTSTRAP")
      .capture_default_str()
      .group("Connection");
  app.add_option("--timeout", options.timeout_ms, "limit of one request")
      .type_name("MILLISECONDS")
      .check(at_least(1))
      .capture_default_str()
      .group("Connection");
}

void add_client_options(Command app, ClientOptions& options) {
  add_broker_options(app, options);
  add_list(app, "-X", options.properties, "KEY=VALUE",
           "a property of librdkafka, as security.protocol=SSL; may be repeated")
      .check(assignment())
      .group("Connection");
}

}  // namespace moldau::apps
