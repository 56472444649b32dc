#include "apps/cli/group_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "apps/cli/output.h"
#include "apps/cli/position.h"

namespace moldau::apps {
namespace {

std::optional<std::int64_t> find(const OffsetMap& offsets, const TopicPartition& partition) {
  const auto found = offsets.find(partition);
  return found == offsets.end() ? std::nullopt : std::optional(found->second);
}

std::string or_dash(std::optional<std::int64_t> number) {
  return number ? fmt::to_string(*number) : "-";
}

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : text;
}

std::string duration_or_dash(std::optional<std::int64_t> ms) {
  return ms ? duration_text(*ms) : "-";
}

std::map<std::string, std::vector<std::int32_t>> by_topic(
    const std::vector<TopicPartition>& partitions) {
  std::map<std::string, std::vector<std::int32_t>> result;
  for (const auto& [topic, partition] : partitions) result[topic].push_back(partition);
  return result;
}

std::optional<std::int64_t> widened(std::optional<std::int32_t> number) {
  return number ? std::optional<std::int64_t>(*number) : std::nullopt;
}

/// "5"; "5 classic" of a member that speaks the classic protocol.
std::string epoch_text(const GroupMember& member) {
  return or_dash(widened(member.epoch)) + (member.is_classic ? " classic" : "");
}

/// "orders 0-2, payments 1".
std::string assigned_text(const GroupMember& member) {
  std::vector<std::string> parts;
  for (const auto& [topic, partitions] : by_topic(member.assigned)) {
    parts.push_back(fmt::format("{} {}", topic, ranges(partitions)));
  }
  return or_dash(fmt::format("{}", fmt::join(parts, ", ")));
}

std::string head_text(const GroupReport& report) {
  const auto& group = report.group;
  const std::string epochs = group.epoch
                                 ? fmt::format("epoch        {}, assigned for {}\n", *group.epoch,
                                               or_dash(widened(group.target_epoch)))
                                 : "";
  return fmt::format(
      "group        {}\n"
      "type         {}\n"
      "state        {}\n"
      "{}"
      "assignor     {}\n"
      "coordinator  {} at {}\n"
      "members      {}\n"
      "total lag    {}\n"
      "{}",
      group.id, group.type, group.state, epochs, or_dash(group.assignor), group.coordinator.id,
      group.coordinator.endpoint.to_string(), group.members.size(), report.total_lag(),
      report.has_times ? fmt::format("behind       {}\n", duration_or_dash(report.behind_ms()))
                       : "");
}

std::string members_text(const GroupDescription& group) {
  const bool has_static = std::ranges::any_of(
      group.members, [](const GroupMember& member) { return !member.instance_id.empty(); });
  std::vector<std::string> header{"#", "MEMBER", "CLIENT", "HOST", "PARTITIONS"};
  if (group.epoch) header.insert(header.end() - 1, "EPOCH");
  if (has_static) header.insert(header.begin() + 2, "INSTANCE");
  Table table(header);
  int number = 0;
  for (const auto& member : group.members) {
    std::vector<std::string> row{fmt::to_string(++number), member.id, or_dash(member.client_id),
                                 member.host, assigned_text(member)};
    if (group.epoch) row.insert(row.end() - 1, epoch_text(member));
    if (has_static) row.insert(row.begin() + 2, or_dash(member.instance_id));
    table.add(std::move(row));
  }
  return table.to_string();
}

std::string partitions_text(const GroupReport& report) {
  std::vector<std::string> header{"TOPIC", "PARTITION", "COMMITTED", "END", "LAG", "MEMBER"};
  if (report.has_times) header.insert(header.end() - 1, "BEHIND");
  Table table(header);
  for (const auto& one : report.partitions) {
    const auto member = one.member ? fmt::format("{} {}", *one.member + 1,
                                                 report.group.members[*one.member].client_id)
                                   : "-";
    std::vector<std::string> row{one.partition.topic,    fmt::to_string(one.partition.partition),
                                 or_dash(one.committed), or_dash(one.end),
                                 or_dash(one.lag()),     member};
    if (report.has_times) row.insert(row.end() - 1, duration_or_dash(one.behind_ms));
    table.add(std::move(row));
  }
  return table.to_string();
}

std::string member_json(const GroupMember& member) {
  std::vector<std::string> assigned;
  for (const auto& [topic, partitions] : by_topic(member.assigned)) {
    assigned.push_back(
        JsonObject().text("topic", topic).raw("partitions", json_array(partitions)).to_string());
  }
  JsonObject json;
  json.text("member", member.id);
  member.instance_id.empty() ? json.raw("instance", "null")
                             : json.text("instance", member.instance_id);
  return json.text("client", member.client_id)
      .text("host", member.host)
      .number("epoch", widened(member.epoch))
      .text("protocol", member.epoch && !member.is_classic ? "consumer" : "classic")
      .raw("assigned", fmt::format("[{}]", fmt::join(assigned, ",")))
      .to_string();
}

std::string partition_json(const GroupReport& report, const PartitionLag& one) {
  JsonObject json;
  json.text("topic", one.partition.topic)
      .number("partition", one.partition.partition)
      .number("committed", one.committed)
      .number("end", one.end)
      .number("lag", one.lag());
  if (report.has_times) json.number("behind_ms", one.behind_ms);
  one.member ? json.text("member", report.group.members[*one.member].id)
             : json.raw("member", "null");
  return json.to_string();
}

}  // namespace

std::optional<std::int64_t> PartitionLag::lag() const {
  if (!committed || !end) return std::nullopt;
  // A topic that was made anew may end before what was committed.
  return std::max<std::int64_t>(0, *end - *committed);
}

std::int64_t GroupReport::total_lag() const {
  std::int64_t total = 0;
  for (const auto& one : partitions) total += one.lag().value_or(0);
  return total;
}

std::optional<std::int64_t> GroupReport::behind_ms() const {
  std::optional<std::int64_t> oldest;
  for (const auto& one : partitions) oldest = std::max(oldest, one.behind_ms);
  return oldest;
}

OffsetMap first_uncommitted(const GroupReport& report) {
  OffsetMap places;
  for (const auto& one : report.partitions) {
    if (one.lag().value_or(0) > 0) places.emplace(one.partition, *one.committed);
  }
  return places;
}

void add_times(GroupReport& report, const OffsetMap& timestamps_ms, std::int64_t now_ms) {
  report.has_times = true;
  for (auto& one : report.partitions) {
    if (one.lag() == 0) one.behind_ms = 0;
    const auto timestamp = find(timestamps_ms, one.partition);
    // A producer's clock may be ahead of ours.
    if (timestamp) one.behind_ms = std::max<std::int64_t>(0, now_ms - *timestamp);
  }
}

std::vector<TopicPartition> partitions_of(const GroupDescription& group,
                                          const OffsetMap& committed) {
  std::set<TopicPartition> all;
  for (const auto& [partition, offset] : committed) all.insert(partition);
  for (const auto& member : group.members) {
    all.insert(member.assigned.begin(), member.assigned.end());
  }
  return {all.begin(), all.end()};
}

GroupReport make_report(GroupDescription group, const OffsetMap& committed, const OffsetMap& ends) {
  GroupReport report{.group = std::move(group), .partitions = {}};
  for (auto& partition : partitions_of(report.group, committed)) {
    const auto has = [&](const GroupMember& member) {
      return std::ranges::find(member.assigned, partition) != member.assigned.end();
    };
    const auto& members = report.group.members;
    const auto member = std::ranges::find_if(members, has);
    report.partitions.push_back(
        {.partition = partition,
         .committed = find(committed, partition),
         .end = find(ends, partition),
         .member = member == members.end()
                       ? std::nullopt
                       : std::optional(static_cast<std::size_t>(member - members.begin()))});
  }
  return report;
}

std::string report_text(const GroupReport& report) {
  std::string text = head_text(report);
  if (!report.group.members.empty()) text += "\n" + members_text(report.group);
  if (!report.partitions.empty()) text += "\n" + partitions_text(report);
  return text;
}

std::string report_json(const GroupReport& report) {
  const auto& group = report.group;
  std::vector<std::string> members;
  members.reserve(group.members.size());
  for (const auto& member : group.members) members.push_back(member_json(member));
  std::vector<std::string> partitions;
  partitions.reserve(report.partitions.size());
  for (const auto& one : report.partitions) partitions.push_back(partition_json(report, one));
  JsonObject json;
  json.text("group", group.id)
      .text("type", group.type)
      .text("state", group.state)
      .number("epoch", widened(group.epoch))
      .number("assigned_for_epoch", widened(group.target_epoch))
      .text("assignor", group.assignor)
      .raw("coordinator", JsonObject()
                              .number("broker", group.coordinator.id.value())
                              .text("address", group.coordinator.endpoint.to_string())
                              .to_string())
      .number("total_lag", report.total_lag());
  if (report.has_times) json.number("behind_ms", report.behind_ms());
  return json.raw("members", json_array(members))
      .raw("partitions", json_array(partitions))
      .to_string();
}

}  // namespace moldau::apps
