#include "apps/cli/command_doc.h"

#include <algorithm>
#include <cctype>
#include <ranges>

namespace moldau::apps {

std::vector<std::string> OptionDoc::choices() const {
  const bool is_choice =
      value.find('|') != std::string::npos && std::ranges::all_of(value, [](unsigned char c) {
        return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '-' || c == '|';
      });
  std::vector<std::string> parts;
  if (!is_choice) return parts;
  for (const auto part : std::views::split(value, '|')) {
    parts.emplace_back(part.begin(), part.end());
  }
  return parts;
}

}  // namespace moldau::apps
