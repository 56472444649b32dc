#pragma once

#include <string>

namespace moldau::apps {

/// docs/configuration.md, made from the table of keys.
std::string configuration_page();

/// Every key with all that the table knows, as a JSON object {"broker": [...], "topic": [...]}.
std::string configuration_json();
/// A property a line.
std::string configuration_table();

}  // namespace moldau::apps
