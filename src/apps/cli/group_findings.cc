#include "apps/cli/group_findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "apps/cli/group_findings_parts.h"
#include "apps/cli/output.h"
#include "apps/cli/position.h"

namespace moldau::apps {
namespace {

using Weight = Finding::Weight;

Finding no_coordinator(const GroupFacts& facts) {
  Finding finding{.weight = Weight::cause,
                  .name = "no_coordinator",
                  .says = fmt::format("The coordinator of the group does not serve it: {}.",
                                      facts.coordinator_problem),
                  .next = {}};
  const auto& without_leader = facts.offsets_partitions_without_leader;
  if (!without_leader.empty()) {
    finding.says +=
        fmt::format(" Partitions {} of __consumer_offsets have no leader.", ranges(without_leader));
    finding.next =
        "Bring the brokers back that have these partitions: `moldau topic describe "
        "__consumer_offsets` names them, `moldau cluster describe` says which are up.";
  } else if (facts.coordinator_problem.find("LOAD_IN_PROGRESS") != std::string::npos) {
    finding.next =
        "Wait: it is reading the group's partition of __consumer_offsets. If it goes on, the "
        "broker's log says how far it is.";
  } else {
    finding.next =
        "Look at `moldau cluster describe` and at the broker's log: a record that it cannot read "
        "in __consumer_offsets is named there.";
  }
  return finding;
}

Finding no_such_group(const GroupFacts& facts) {
  return {.weight = Weight::cause,
          .name = "no_such_group",
          .says = fmt::format("There is no group {}: no member has joined it and nothing is "
                              "committed, or it was deleted, or its offsets have expired.{}",
                              printable(facts.id), last_to_go(facts)),
          .next =
              "Compare group.id in the consumer's configuration with `moldau group list`, and "
              "its bootstrap.servers with this cluster."};
}

struct Progress {
  std::int64_t lag{0};
  std::int64_t committed{0};  ///< within the look
  std::int64_t written{0};
};

Progress progress_of(const GroupFacts& facts) {
  Progress progress;
  for (const auto& one : facts.partitions) {
    progress.lag += one.lag();
    if (one.committed && one.committed_before) {
      progress.committed += std::max<std::int64_t>(0, *one.committed - *one.committed_before);
    }
    if (one.end && one.end_before && one.committed) {
      progress.written += std::max<std::int64_t>(0, *one.end - *one.end_before);
    }
  }
  return progress;
}

void add_slow(const GroupFacts& facts, std::vector<Finding>& findings) {
  const auto progress = progress_of(facts);
  if (progress.committed == 0 || progress.written <= progress.committed) return;
  findings.push_back(
      {.weight = Weight::hint,
       .name = "falls_behind",
       .says = fmt::format(
           "It gets on, but more is written than read: in {} {} records came and {} "
           "were committed; {} wait.",
           duration_text(facts.looked_for_ms), progress.written, progress.committed, progress.lag),
       .next = "If that is always so, add members (as many as there are partitions), or make "
               "processing faster."});
}

Finding fine(const GroupFacts& facts) {
  const auto progress = progress_of(facts);
  Finding finding{.weight = Weight::fine, .name = "fine", .says = {}, .next = {}};
  if (progress.committed > 0) {
    finding.says =
        fmt::format("The group gets on: {} records were committed in {}, {} wait.",
                    progress.committed, duration_text(facts.looked_for_ms), progress.lag);
  } else if (progress.lag == 0) {
    finding.says = "Nothing waits for the group: it has committed all that there is.";
  } else {
    finding.says = fmt::format("{} records wait, and nothing is wrong that can be seen from here.",
                               progress.lag);
    finding.next = "Look again with a longer --for, and at the logs of its members.";
  }
  return finding;
}

std::string_view weight_text(Weight weight) {
  switch (weight) {
    case Weight::cause:
      return "cause";
    case Weight::hint:
      return "hint";
    case Weight::fine:
      return "fine";
  }
  return "fine";
}

std::string head_text(const GroupFacts& facts) {
  if (!facts.group) return fmt::format("group {}\n", printable(facts.id));
  const auto& group = *facts.group;
  return fmt::format("group {} ({}, {}): {} members, {} partitions, lag {}; coordinator {} at {}\n",
                     printable(facts.id), group.type, group.state, group.members.size(),
                     facts.partitions.size(), progress_of(facts).lag, group.coordinator.id,
                     group.coordinator.endpoint.to_string());
}

/// The last of what happened, if the coordinator tells.
std::string timeline_text(const GroupFacts& facts) {
  constexpr std::size_t shown = 12;
  if (!facts.view || facts.view->timeline.empty()) return {};
  const auto& timeline = facts.view->timeline;
  std::string text = "\nLately, as the coordinator tells:\n";
  for (auto at = timeline.size() - std::min(shown, timeline.size()); at < timeline.size(); ++at) {
    const auto& event = timeline[at];
    text += fmt::format("  {}  {}{}\n", timestamp_text(event.last_time_ms), tame(event.text),
                        event.count > 1 ? fmt::format(" ({} times)", event.count) : "");
  }
  return text;
}

std::string texts_json(const std::vector<std::string>& texts) {
  std::vector<std::string> quoted;
  quoted.reserve(texts.size());
  for (const auto& text : texts) quoted.push_back(json_text(text));
  return fmt::format("[{}]", fmt::join(quoted, ","));
}

std::string timeline_json(const GroupFacts& facts) {
  if (!facts.view) return "null";
  std::vector<std::string> events;
  for (const auto& event : facts.view->timeline) {
    events.push_back(JsonObject()
                         .text("time", timestamp_text(event.time_ms))
                         .text("last_time", timestamp_text(event.last_time_ms))
                         .number("count", event.count)
                         .text("event", event.event)
                         .text("cause", event.cause)
                         .text("member", event.member)
                         .text("client", event.client)
                         .text("text", event.text)
                         .to_string());
  }
  return json_array(events);
}

}  // namespace

std::vector<Finding> explain_group(const GroupFacts& facts) {
  if (!facts.coordinator_problem.empty()) return {no_coordinator(facts)};
  if (!facts.group) return {no_such_group(facts)};
  std::vector<Finding> findings;
  add_unserved(facts, findings);
  add_missing_topics(facts, findings);
  add_rebalance(facts, findings);
  add_no_members(facts, findings);
  add_flapping(facts, findings);
  add_open_transactions(facts, findings);
  add_out_of_range(facts, findings);
  add_stuck(facts, findings);
  add_unowned(facts, findings);
  add_no_commits(facts, findings);
  add_timed_out(facts, findings);
  add_turned_away(facts, findings);
  add_silent(facts, findings);
  add_slow(facts, findings);
  add_idle(facts, findings);
  add_mixed(facts, findings);
  // In the order in which they were found, causes first.
  std::vector<Finding> sorted;
  for (const auto weight : {Weight::cause, Weight::hint, Weight::fine}) {
    for (auto& finding : findings) {
      if (finding.weight == weight) sorted.push_back(std::move(finding));
    }
  }
  findings = std::move(sorted);
  const bool has_cause = !findings.empty() && findings[0].weight == Weight::cause;
  if (!has_cause) findings.insert(findings.begin(), fine(facts));
  return findings;
}

std::string tame(std::string text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    constexpr unsigned char first_of_two = 0xC2;  // U+0080 to U+009F are control characters, too
    const bool is_late_control = byte == first_of_two && next >= 0x80 && next < 0xA0;
    if (byte < 0x20 || byte == 0x7F) text[i] = '?';
    if (is_late_control) text.replace(i, 2, "?");
  }
  return text;
}

std::string partitions_text(const std::vector<TopicPartition>& partitions) {
  constexpr std::size_t topics_shown = 3;
  std::map<std::string, std::vector<std::int32_t>> by_topic;
  for (const auto& [topic, partition] : partitions) by_topic[topic].push_back(partition);
  std::string text;
  std::size_t shown = 0;
  for (const auto& [topic, numbers] : by_topic) {
    if (shown++ == topics_shown) {
      return text + fmt::format(" and {} more topics", by_topic.size() - topics_shown);
    }
    text += fmt::format("{}{}:{}", text.empty() ? "" : ", ", topic, ranges(numbers));
  }
  return text;
}

std::string findings_text(const GroupFacts& facts, const std::vector<Finding>& findings) {
  std::string text = head_text(facts);
  int number = 0;
  for (const auto& finding : findings) {
    text += fmt::format("\n{}. {}\n", ++number, finding.says);
    if (!finding.next.empty()) text += fmt::format("   What to do: {}\n", finding.next);
  }
  return text + timeline_text(facts);
}

std::string findings_json(const GroupFacts& facts, const std::vector<Finding>& findings) {
  std::vector<std::string> list;
  list.reserve(findings.size());
  for (const auto& finding : findings) {
    list.push_back(JsonObject()
                       .text("finding", finding.name)
                       .text("weight", weight_text(finding.weight))
                       .text("says", finding.says)
                       .text("next", finding.next)
                       .raw("partitions", texts_json(finding.partitions))
                       .raw("members", texts_json(finding.members))
                       .to_string());
  }
  JsonObject json;
  json.text("group", facts.id)
      .text("state", facts.group ? facts.group->state : "")
      .text("type", facts.group ? facts.group->type : "")
      .number("lag", progress_of(facts).lag)
      .number("looked_for_ms", facts.looked_for_ms)
      .raw("findings", json_array(list))
      .raw("timeline", timeline_json(facts));
  return json.to_string();
}

}  // namespace moldau::apps
