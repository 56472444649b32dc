#include "apps/cli/reset_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "apps/cli/output.h"

namespace moldau::apps {
namespace {

struct Bounds {
  std::int64_t start;
  std::int64_t end;
};

Result<Bounds> bounds_of(const ResetInput& input, const TopicPartition& partition) {
  const auto start = input.starts.find(partition);
  const auto end = input.ends.find(partition);
  if (start == input.starts.end() || end == input.ends.end()) {
    return fail(
        Errc::unavailable,
        fmt::format("{}: its log cannot be asked, so nothing was changed. See `moldau topic "
                    "describe {}`, or leave it out with --topic",
                    partition.to_string(), partition.topic));
  }
  return Bounds{start->second, end->second};
}

/// What was asked for, wherever that is.
std::int64_t asked_for(const ResetInput& input, const TopicPartition& partition,
                       const Position& position, Bounds bounds) {
  switch (position.kind) {
    case Position::Kind::earliest:
      return bounds.start;
    case Position::Kind::latest:
      return bounds.end;
    case Position::Kind::offset:
      return position.number;
    case Position::Kind::last:
      return bounds.end - position.number;
    case Position::Kind::time:
    case Position::Kind::ago: {
      const auto found = input.at_time.find(partition);
      const bool is_later = found == input.at_time.end() || found->second < 0;
      return is_later ? bounds.end : found->second;
    }
  }
  return bounds.end;
}

}  // namespace

Result<std::vector<ResetStep>> plan_reset(const ResetInput& input, const ResetTarget& target) {
  std::vector<ResetStep> plan;
  for (const auto& partition : input.partitions) {
    const auto bounds = TRY(bounds_of(input, partition));
    ResetStep step{.partition = partition, .from = {}, .to = 0, .note = {}};
    const auto committed = input.committed.find(partition);
    if (committed != input.committed.end()) step.from = committed->second;
    if (!target.position && !target.offsets && !step.from) {
      return fail(Errc::not_found,
                  fmt::format("{}: the group has no committed offset there that could be shifted. "
                              "Use --to",
                              partition.to_string()));
    }
    const auto wanted = target.offsets    ? target.offsets->at(partition)
                        : target.position ? asked_for(input, partition, *target.position, bounds)
                                          : *step.from + target.shift;
    step.to = std::clamp(wanted, bounds.start, bounds.end);
    if (wanted < step.to) step.note = fmt::format("not {}: the log starts here", wanted);
    if (wanted > step.to) step.note = fmt::format("not {}: the log ends here", wanted);
    plan.push_back(std::move(step));
  }
  return plan;
}

std::string plan_text(const std::vector<ResetStep>& plan) {
  Table table({"TOPIC", "PARTITION", "COMMITTED", "NEW", "CHANGE", "NOTE"});
  for (const auto& step : plan) {
    table.add({step.partition.topic, fmt::to_string(step.partition.partition),
               step.from ? fmt::to_string(*step.from) : "-", fmt::to_string(step.to),
               step.from ? fmt::format("{:+}", step.to - *step.from) : "-", step.note});
  }
  return table.to_string();
}

std::string plan_json(const std::vector<ResetStep>& plan) {
  std::vector<std::string> steps;
  steps.reserve(plan.size());
  for (const auto& step : plan) {
    steps.push_back(JsonObject()
                        .text("topic", step.partition.topic)
                        .number("partition", step.partition.partition)
                        .number("committed", step.from)
                        .number("new", step.to)
                        .text("note", step.note)
                        .to_string());
  }
  return json_array(steps);
}

}  // namespace moldau::apps
