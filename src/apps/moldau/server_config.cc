#include "apps/moldau/server_config.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "base/bytes.h"
#include "base/listener.h"
#include "base/properties.h"

namespace moldau::apps {
namespace {

constexpr std::uint64_t config_file_bytes_max = 1 << 20;

Result<Properties> read_file(env::Disk& disk, const std::string& path) {
  const auto bytes = TRY(env::read_file(disk, path, config_file_bytes_max));
  auto properties = parse_properties(as_text(bytes));
  if (!properties) return std::unexpected(std::move(properties).error().within(path));
  return properties;
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

}  // namespace

Result<ServerProperties> read_properties(env::Disk& disk, const ServerArguments& arguments) {
  Properties given;
  if (!arguments.config_file.empty()) given = TRY(read_file(disk, arguments.config_file));
  for (const auto& assignment : arguments.overrides) {
    auto added = add_property(given, assignment);
    if (!added) return std::unexpected(std::move(added).error().within("--override"));
  }
  auto all = given;
  if (arguments.config_file.empty()) {
    auto defaults = embedded_properties(default_data_directory());
    if (given.contains("controller.quorum.voters")) {
      defaults.erase("controller.quorum.bootstrap.servers");
    }
    all.merge(defaults);
  }
  ServerProperties properties{.config = TRY(StaticConfig::make(all)), .without_effect = {}};
  properties.without_effect = properties.config.ignored();
  std::erase_if(properties.without_effect,
                [&](const std::string& name) { return !given.contains(name); });
  return properties;
}

std::string default_data_directory() {
  if (::geteuid() == 0) return "/var/lib/moldau";
  if (const auto data = environment("XDG_DATA_HOME"); !data.empty()) return data + "/moldau";
  if (const auto home = environment("HOME"); !home.empty()) return home + "/.local/share/moldau";
  return "moldau-data";
}

Result<std::optional<env::Endpoint>> metrics_endpoint(const StaticConfig& config) {
  const auto text = config.text("metrics.listener");
  if (text.empty()) return std::nullopt;
  constexpr std::string_view scheme = "http://";
  if (!text.starts_with(scheme)) {
    return fail(Errc::invalid,
                fmt::format("metrics.listener: '{}' is not of the form http://host:port", text));
  }
  auto address = parse_host_port(std::string_view(text).substr(scheme.size()));
  if (!address) return std::unexpected(std::move(address).error().within("metrics.listener"));
  return env::Endpoint{.host = std::move(address->first), .port = address->second};
}

}  // namespace moldau::apps
