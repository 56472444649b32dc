#include <fmt/format.h>

#include "apps/cli/gather_facts.h"
#include "apps/cli/group_commands.h"
#include "apps/cli/group_findings.h"
#include "apps/cli/position.h"

namespace moldau::apps {

Result<> explain_groups(World& world, const GroupOptions& options) {
  const auto look_for_ms = TRY(parse_duration_ms(options.look_for));
  const auto wire = TRY(Wire::connect(world, options.client));
  std::vector<std::string> texts;
  for (const auto& group : options.groups) {
    const auto facts = TRY(gather_facts(*wire, group, look_for_ms));
    const auto findings = explain_group(facts);
    texts.push_back(options.format == Format::json ? findings_json(facts, findings)
                                                   : findings_text(facts, findings));
  }
  fmt::print("{}", join_texts(texts, options.format));
  return {};
}

}  // namespace moldau::apps
