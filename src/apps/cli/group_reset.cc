#include <fmt/format.h>

#include <cstdio>
#include <set>

#include "apps/cli/byte_source.h"
#include "apps/cli/group_commands.h"
#include "apps/cli/groups.h"
#include "apps/cli/reset_file.h"
#include "apps/cli/reset_plan.h"

namespace moldau::apps {
namespace {

/// The partitions that --topic names ("orders", "orders:0,2-4"), else all that have an offset.
Result<std::vector<TopicPartition>> targets(Wire& wire, const GroupOptions& options,
                                            const OffsetMap& committed) {
  std::set<TopicPartition> result;
  if (options.topics.empty()) {
    for (const auto& [partition, offset] : committed) result.insert(partition);
  }
  for (const auto& text : options.topics) {
    const auto colon = text.find(':');
    const auto topic = text.substr(0, colon);
    const auto all = TRY(partitions_of(wire, topic));
    if (colon == std::string::npos) {
      result.insert(all.begin(), all.end());
      continue;
    }
    for (const auto number : TRY(parse_ranges(std::string_view(text).substr(colon + 1)))) {
      if (number >= static_cast<std::int32_t>(all.size())) {
        return fail(Errc::not_found,
                    fmt::format("topic {} has {} partitions, numbered from 0: no {}", topic,
                                all.size(), number));
      }
      result.insert({topic, number});
    }
  }
  return std::vector(result.begin(), result.end());
}

/// Offsets by a file: what it says about this group.
Result<OffsetMap> read_offsets(const GroupOptions& options) {
  constexpr std::size_t file_bytes_max = std::size_t{64} << 20;
  auto source = TRY(ByteSource::open(options.from_file));
  const auto bytes = TRY(source.rest(file_bytes_max));
  auto file = parse_offsets_file(as_text(bytes), options.groups[0]);
  if (!file) return std::unexpected(std::move(file).error().within(options.from_file));
  if (file->of_others > 0) {
    fmt::print(stderr, "{}: {} lines are about other groups than {}\n", options.from_file,
               file->of_others, options.groups[0]);
  }
  if (file->offsets.empty()) {
    return fail(Errc::not_found,
                fmt::format("{}: no offset of group {}", options.from_file, options.groups[0]));
  }
  return std::move(file->offsets);
}

Result<ResetTarget> read_target(const GroupOptions& options) {
  ResetTarget target{.position = {}, .offsets = {}, .shift = options.shift.value_or(0)};
  if (!options.to.empty()) target.position = TRY(parse_position(options.to));
  if (!options.by_duration.empty()) {
    target.position = Position{.kind = Position::Kind::ago,
                               .number = TRY(parse_duration_ms(options.by_duration))};
  }
  if (!options.from_file.empty()) target.offsets = TRY(read_offsets(options));
  return target;
}

Result<ResetInput> read_input(Wire& wire, const GroupOptions& options, const ResetTarget& target) {
  const auto& group = options.groups[0];
  ResetInput input;
  input.committed = TRY(committed_offsets(wire, group));
  if (target.offsets) {
    for (const auto& [partition, offset] : *target.offsets) input.partitions.push_back(partition);
  } else {
    input.partitions = TRY(targets(wire, options, input.committed));
  }
  if (input.partitions.empty()) {
    return fail(
        Errc::not_found,
        fmt::format("group {} has no committed offsets. Name the topics with --topic", group));
  }
  input.starts = TRY(list_offsets(wire, input.partitions, earliest_timestamp));
  input.ends = TRY(list_offsets(wire, input.partitions, latest_timestamp));
  const auto now = wire.world().env().clock().wall();
  if (const auto time = target.position ? time_of(*target.position, now) : std::nullopt) {
    input.at_time = TRY(list_offsets(wire, input.partitions, *time));
  }
  return input;
}

/// How many members would be in the way; none if there is no such group yet.
Result<std::size_t> members_of(Wire& wire, const std::string& group) {
  const auto description = describe_group(wire, group);
  if (description) return description->members.size();
  if (description.error().code == Errc::not_found) return std::size_t{0};
  return std::unexpected(description.error());
}

}  // namespace

Result<> reset_group(World& world, const GroupOptions& options) {
  const auto& group = options.groups[0];
  const auto target = TRY(read_target(options));
  const auto wire = TRY(Wire::connect(world, options.client));
  const auto members = TRY(members_of(*wire, group));
  const auto busy = fmt::format(
      "group {} has {} members, which would overwrite it. Stop them first; `moldau group describe "
      "{}` names them",
      group, members, group);
  if (options.execute && members > 0) return fail(Errc::invalid, busy);

  const auto plan = TRY(plan_reset(TRY(read_input(*wire, options, target)), target));
  if (options.execute) {
    OffsetMap offsets;
    for (const auto& step : plan) offsets.emplace(step.partition, step.to);
    TRY(commit_offsets(*wire, group, offsets));
  }
  fmt::print("{}", options.exports                  ? plan_csv(plan)
                   : options.format == Format::json ? plan_json(plan) + "\n"
                                                    : plan_text(plan));
  std::fflush(stdout);
  if (options.execute) {
    fmt::print(stderr, "done: {} offsets of {} were set\n", plan.size(), group);
  } else {
    fmt::print(stderr, "nothing was changed: --execute does it\n");
    if (members > 0) fmt::print(stderr, "but {}\n", busy);
  }
  return {};
}

}  // namespace moldau::apps
