#include "apps/cli/cluster_report.h"

#include <fmt/format.h>

#include "apps/cli/output.h"
#include "apps/cli/position.h"

namespace moldau::apps {
namespace {

std::string brokers_text(const ClusterReport& report) {
  Table table({"BROKER", "ADDRESS", "RACK", "STATE"});
  for (const auto& broker : report.brokers) {
    table.add({fmt::to_string(broker.address.id), broker.address.endpoint.to_string(),
               broker.address.rack.empty() ? "-" : broker.address.rack,
               broker.is_fenced ? "fenced" : "up"});
  }
  return table.to_string();
}

std::string quorum_text(const ClusterReport::Quorum& quorum) {
  Table table({"NODE", "ROLE", "LOG END", "LAG", "LAST CAUGHT UP"});
  for (const auto& replica : quorum.replicas) {
    const auto* role = replica.id == quorum.leader ? "leader"
                       : replica.is_voter          ? "voter"
                                                   : "observer";
    table.add({fmt::to_string(replica.id), role, fmt::to_string(replica.log_end),
               fmt::to_string(replica.lag), timestamp_text(replica.caught_up_ms.value_or(-1))});
  }
  return table.to_string();
}

std::string features_text(const std::vector<ClusterReport::Feature>& features) {
  Table table({"FEATURE", "LEVEL", "SUPPORTED"});
  for (const auto& feature : features) {
    table.add({feature.name, feature.finalized == 0 ? "off" : fmt::to_string(feature.finalized),
               fmt::format("{}-{}", feature.lowest, feature.highest)});
  }
  return table.to_string();
}

std::string log_dirs_text(const std::vector<ClusterReport::LogDir>& dirs) {
  Table table(
      {"BROKER", "LOG DIRECTORY", "PARTITIONS", "SIZE", "MOVING IN", "FREE", "OF", "STATE"});
  const auto space = [](std::optional<std::int64_t> bytes) {
    return bytes ? bytes_text(*bytes) : "-";
  };
  for (const auto& dir : dirs) {
    table.add({fmt::to_string(dir.broker), dir.path, fmt::to_string(dir.partitions),
               bytes_text(dir.bytes), fmt::to_string(dir.moving_in), space(dir.usable_bytes),
               space(dir.total_bytes), dir.problem.empty() ? "ok" : dir.problem});
  }
  return table.to_string();
}

std::string quorum_json(const ClusterReport::Quorum& quorum) {
  std::vector<std::string> replicas;
  for (const auto& replica : quorum.replicas) {
    replicas.push_back(JsonObject()
                           .number("node", replica.id.value())
                           .boolean("voter", replica.is_voter)
                           .number("log_end", replica.log_end)
                           .number("lag", replica.lag)
                           .number("caught_up", replica.caught_up_ms)
                           .to_string());
  }
  return JsonObject()
      .number("leader", quorum.leader.value())
      .number("epoch", quorum.epoch)
      .number("high_watermark", quorum.high_watermark)
      .raw("replicas", json_array(replicas))
      .to_string();
}

std::string log_dirs_json(const std::vector<ClusterReport::LogDir>& dirs) {
  std::vector<std::string> rows;
  for (const auto& dir : dirs) {
    rows.push_back(JsonObject()
                       .number("broker", dir.broker.value())
                       .text("directory", dir.path)
                       .text("problem", dir.problem)
                       .number("partitions", dir.partitions)
                       .number("bytes", dir.bytes)
                       .number("moving_in", dir.moving_in)
                       .number("moving_in_lag", dir.moving_in_lag)
                       .number("usable_bytes", dir.usable_bytes)
                       .number("total_bytes", dir.total_bytes)
                       .to_string());
  }
  return json_array(rows);
}

}  // namespace

std::string report_text(const ClusterReport& report) {
  auto text = fmt::format("cluster     {}\ncontroller  {}\n", report.id, report.controller);
  if (report.quorum) {
    text += fmt::format("quorum      leader {}, epoch {}, high watermark {}\n",
                        report.quorum->leader, report.quorum->epoch, report.quorum->high_watermark);
  }
  text += "\n" + brokers_text(report);
  if (report.quorum) text += "\n" + quorum_text(*report.quorum);
  if (!report.features.empty()) text += "\n" + features_text(report.features);
  if (report.log_dirs) text += "\n" + log_dirs_text(*report.log_dirs);
  return text;
}

std::string report_json(const ClusterReport& report) {
  std::vector<std::string> brokers;
  for (const auto& broker : report.brokers) {
    brokers.push_back(JsonObject()
                          .number("broker", broker.address.id.value())
                          .text("address", broker.address.endpoint.to_string())
                          .text("rack", broker.address.rack)
                          .boolean("fenced", broker.is_fenced)
                          .to_string());
  }
  std::vector<std::string> features;
  for (const auto& feature : report.features) {
    features.push_back(JsonObject()
                           .text("feature", feature.name)
                           .number("level", feature.finalized)
                           .number("lowest", feature.lowest)
                           .number("highest", feature.highest)
                           .to_string());
  }
  return JsonObject()
      .text("cluster", report.id)
      .number("controller", report.controller.value())
      .raw("brokers", json_array(brokers))
      .raw("quorum", report.quorum ? quorum_json(*report.quorum) : "null")
      .raw("features", json_array(features))
      .raw("log_dirs", report.log_dirs ? log_dirs_json(*report.log_dirs) : "null")
      .to_string();
}

}  // namespace moldau::apps
