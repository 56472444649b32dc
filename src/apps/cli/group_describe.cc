#include <fmt/format.h>

#include "apps/cli/fetched_record.h"
#include "apps/cli/group_commands.h"
#include "apps/cli/group_report.h"
#include "apps/cli/groups.h"

namespace moldau::apps {
namespace {

/// One record for each partition with a lag is read.
void read_times(Wire& wire, GroupReport& report) {
  OffsetMap timestamps;
  if (const auto places = fetch_records(wire, first_uncommitted(report))) {
    for (const auto& [partition, place] : *places) {
      const auto time = place.record ? place.record->timestamp_ms : std::nullopt;
      if (time) timestamps.emplace(partition, *time);
    }
  }
  add_times(report, timestamps, wire.world().env().clock().wall().value);
}

Result<GroupReport> read_report(Wire& wire, const GroupOptions& options, const std::string& group) {
  auto description = TRY(describe_group(wire, group));
  const auto committed = TRY(committed_offsets(wire, group));
  const auto partitions = partitions_of(description, committed);
  const auto ends = TRY(list_offsets(wire, partitions, latest_timestamp));
  auto report = make_report(std::move(description), committed, ends);
  if (options.with_time) read_times(wire, report);
  return report;
}

Result<std::vector<std::string>> all_groups(Wire& wire) {
  std::vector<std::string> names;
  const auto listings = TRY(list_groups(wire));
  if (!listings.failures.empty()) return std::unexpected(listings.failures[0]);
  for (const auto& group : listings.groups) {
    // Share and streams groups have no offsets of this kind.
    const bool is_shown = group.type.empty() || group.type == "classic" ||
                          group.type == "Classic" || group.type == "consumer" ||
                          group.type == "Consumer";
    if (is_shown) names.push_back(group.id);
  }
  return names;
}

}  // namespace

Result<> describe_groups(World& world, const GroupOptions& options) {
  const auto wire = TRY(Wire::connect(world, options.client));
  const auto groups = options.groups.empty() ? TRY(all_groups(*wire)) : options.groups;
  std::vector<std::string> texts;
  for (const auto& group : groups) {
    const auto report = TRY(read_report(*wire, options, group));
    texts.push_back(options.format == Format::json ? report_json(report) : report_text(report));
  }
  fmt::print("{}", join_texts(texts, options.format));
  return {};
}

}  // namespace moldau::apps
