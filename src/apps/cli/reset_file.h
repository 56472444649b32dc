#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apps/cli/reset_plan.h"

/// Offsets as a file, in the form of kafka-consumer-groups' --from-file and --export: a line each,
/// "topic,partition,offset", or "group,topic,partition,offset" where it is about several groups.
namespace moldau::apps {

struct OffsetsFile {
  OffsetMap offsets;
  std::size_t of_others{0};  ///< lines about another group
};

/// What the file says about `group`. Errors: invalid, with the number of the line.
Result<OffsetsFile> parse_offsets_file(std::string_view text, std::string_view group);

/// The new offsets of the plan.
std::string plan_csv(const std::vector<ResetStep>& plan);

}  // namespace moldau::apps
