#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/config.h"
#include "base/error.h"
#include "env/disk.h"
#include "env/transport.h"

namespace moldau::apps {

/// What `moldau server` was given.
struct ServerArguments {
  std::string config_file;             ///< empty: the embedded defaults
  std::vector<std::string> overrides;  ///< key=value
};

struct ServerProperties {
  StaticConfig config;
  /// Properties that the user gave and that do nothing here.
  std::vector<std::string> without_effect;
};

/// The file, or the embedded defaults, with the overrides on top. Errors: not_found, invalid, ...
/// naming the file or the property.
Result<ServerProperties> read_properties(env::Disk& disk, const ServerArguments& arguments);

/// Where data goes when nobody says: /var/lib/moldau for root, else moldau in the user's data
/// directory ($XDG_DATA_HOME or ~/.local/share).
std::string default_data_directory();

/// `metrics.listener`; null if it is turned off. Errors: invalid.
Result<std::optional<env::Endpoint>> metrics_endpoint(const StaticConfig& config);

}  // namespace moldau::apps
