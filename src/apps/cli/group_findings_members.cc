#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "apps/cli/group_findings_parts.h"
#include "apps/cli/output.h"
#include "apps/cli/position.h"

namespace moldau::apps {
namespace {

using Weight = Finding::Weight;
using Event = CoordinatorView::Event;

/// What is called lately.
constexpr std::int64_t lately_ms = 10 * 60'000;
constexpr std::size_t many_rebalances = 5;
constexpr std::size_t shown_max = 5;

/// Of the last ten minutes.
std::vector<const Event*> lately(const GroupFacts& facts) {
  std::vector<const Event*> events;
  if (!facts.view) return events;
  for (const auto& event : facts.view->timeline) {
    if (event.last_time_ms >= facts.view->time_ms - lately_ms) events.push_back(&event);
  }
  return events;
}

std::string words(std::string text) {
  std::ranges::replace(text, '_', ' ');
  return text;
}

std::string name_of(const std::string& client, const std::string& member) {
  if (client.empty()) return member.empty() ? "somebody" : printable(member);
  return member.empty() ? tame(client) : fmt::format("{} ({})", tame(client), printable(member));
}

std::string wait_text(const CoordinatorView::Wait& wait) {
  std::string text;
  if (wait.member.empty()) {
    text = fmt::format("It waits for {}", wait.what);
  } else {
    text = fmt::format("It waits for {} {}", name_of(wait.client, wait.member), wait.what);
  }
  if (!wait.partitions.empty()) text += fmt::format(" ({})", fmt::join(wait.partitions, ", "));
  if (wait.for_ms) text += fmt::format(", since {}", duration_text(*wait.for_ms));
  if (wait.left_ms && !wait.member.empty()) {
    text += fmt::format("; without that it is removed in {}", duration_text(*wait.left_ms));
  }
  return text + ".";
}

Finding waits(const GroupFacts& facts) {
  const auto& view = *facts.view;
  Finding finding{.weight = Weight::cause,
                  .name = "rebalance_waits",
                  .says = fmt::format("The group rebalances ({}).", view.state),
                  .next = {}};
  std::size_t shown = 0;
  for (const auto& wait : view.waits_for) {
    if (!wait.member.empty()) finding.members.push_back(wait.member);
    if (shown++ < shown_max) finding.says += " " + wait_text(wait);
  }
  if (view.waits_for.size() > shown_max) {
    finding.says += fmt::format(" And {} more.", view.waits_for.size() - shown_max);
  }
  finding.next =
      finding.members.empty()
          ? "Wait a moment and look again."
          : "Look at these members: a process that is paused, or busy between two polls, does not "
            "answer. Restart it, or let the others go on with `moldau group remove-member " +
                printable(facts.id) + " MEMBER`.";
  return finding;
}

std::vector<TopicPartition> without(const std::vector<TopicPartition>& all,
                                    const std::vector<TopicPartition>& less) {
  std::vector<TopicPartition> result;
  for (const auto& one : all) {
    if (std::ranges::find(less, one) == less.end()) result.push_back(one);
  }
  return result;
}

/// With no more than ConsumerGroupDescribe: who has what others are to have, and who is behind.
Finding unreconciled(const GroupFacts& facts) {
  const auto& group = *facts.group;
  Finding finding{.weight = Weight::cause,
                  .name = "rebalance_waits",
                  .says = fmt::format("The group rebalances ({}, epoch {}).", group.state,
                                      group.epoch.value_or(0)),
                  .next =
                      "Look at these members: they take on a new assignment with their next "
                      "poll. One that does not within its max.poll.interval.ms is removed."};
  for (const auto& member : group.members) {
    const auto to_give_up = without(member.assigned, member.target);
    const bool is_behind = member.epoch.value_or(0) < group.target_epoch.value_or(0);
    if (to_give_up.empty() && !is_behind) continue;
    finding.members.push_back(member.id);
    if (finding.members.size() > shown_max) continue;
    std::vector<std::string> waiting;
    for (const auto& other : group.members) {
      const bool is_waiting = std::ranges::any_of(to_give_up, [&](const TopicPartition& one) {
        return std::ranges::find(other.target, one) != other.target.end();
      });
      if (is_waiting) waiting.push_back(client_of(other));
    }
    if (to_give_up.empty()) {
      finding.says +=
          fmt::format(" {} has not come to epoch {} yet.", name_of(client_of(member), member.id),
                      group.target_epoch.value_or(0));
    } else {
      finding.says += fmt::format(
          " {} has yet to give up {}{}.", name_of(client_of(member), member.id),
          partitions_text(to_give_up),
          waiting.empty() ? "" : fmt::format(", which {} waits for", fmt::join(waiting, ", ")));
    }
  }
  return finding;
}

Finding rebalances_somehow(const GroupFacts& facts) {
  const auto& group = *facts.group;
  const bool joins = group.state == "PreparingRebalance";
  Finding finding{
      .weight = Weight::cause,
      .name = "rebalance_waits",
      .says = fmt::format(
          "The group rebalances ({}){}: it waits for {}. Kafka's API does not tell for whom.",
          group.state,
          facts.looked_for_ms > 0
              ? fmt::format(", and still does after {}", duration_text(facts.looked_for_ms))
              : "",
          joins ? "all of its members to join again"
                : "its leader to say who has what, and for members to ask for it"),
      .next =
          "Look at the logs of the members: one is paused, or busy between two polls. The "
          "coordinator waits for it as long as the longest max.poll.interval.ms of all."};
  for (const auto& member : group.members) finding.members.push_back(member.id);
  return finding;
}

struct Flapping {
  std::size_t count{0};
  std::int64_t first_ms{0};
  std::map<std::string, std::size_t> causes;
  std::map<std::string, std::size_t> clients;
  std::string last_text;  ///< of the client that did most
};

bool is_of_membership(const std::string& event) {
  static constexpr std::string_view names[] = {
      "joined",          "rejoined",    "left", "session_timeout", "rebalance_timeout",
      "static_replaced", "subscription"};
  return std::ranges::find(names, event) != std::end(names);
}

std::pair<std::string, std::size_t> most(const std::map<std::string, std::size_t>& counts) {
  const auto found = std::ranges::max_element(
      counts, {}, [](const auto& name_and_count) { return name_and_count.second; });
  if (found == counts.end()) return {};
  return {found->first, found->second};
}

Flapping flapping_of(const GroupFacts& facts) {
  Flapping result;
  const auto events = lately(facts);
  for (const auto* event : events) {
    if (event->event == "rebalance") {
      if (result.count++ == 0) result.first_ms = event->time_ms;
      ++result.causes[event->cause];
    } else if (is_of_membership(event->event) && !event->client.empty()) {
      ++result.clients[event->client];
    }
  }
  const auto [client, count] = most(result.clients);
  for (const auto* event : events) {
    // Why it goes says more than that it comes again.
    if (event->client == client && event->event != "joined" && is_of_membership(event->event)) {
      result.last_text = event->text;
    }
  }
  return result;
}

std::string advice_on(const std::string& cause) {
  if (cause == "session_timeout") {
    return "Its heartbeats stop: look for pauses of its process (garbage collection, a full CPU, a "
           "suspended machine) and for its network, or raise session.timeout.ms.";
  }
  if (cause == "rebalance_timeout") {
    return "It does not come back to poll in time: process fewer records for each poll "
           "(max.poll.records) or raise max.poll.interval.ms.";
  }
  if (cause == "static_replaced") {
    return "Two processes have the same group.instance.id: give each its own.";
  }
  if (cause == "topics") return "Its topics come and go: see who creates or deletes them.";
  if (cause == "subscription" || cause == "rejoined") {
    return "It changes what it subscribes to, or asks for a new assignment, again and again: see "
           "whether its members agree on their topics and assignors.";
  }
  return "It is restarted, or leaves when a poll takes longer than max.poll.interval.ms: its own "
         "log says which. Static members (group.instance.id) come back without a rebalance.";
}

}  // namespace

std::string ago(const GroupFacts& facts, std::int64_t time_ms) {
  const std::int64_t now_ms = facts.view ? facts.view->time_ms : facts.now_ms;
  return duration_text(now_ms - time_ms) + " ago";
}

std::string client_of(const GroupMember& member) {
  return fmt::format("{} at {}", member.client_id, member.host);
}

bool is_rebalancing(const GroupDescription& group) {
  return group.state == "PreparingRebalance" || group.state == "CompletingRebalance" ||
         group.state == "Assigning" || group.state == "Reconciling";
}

std::string last_to_go(const GroupFacts& facts) {
  if (!facts.view) return {};
  const auto& timeline = facts.view->timeline;
  const auto found = std::find_if(timeline.rbegin(), timeline.rend(), [](const Event& event) {
    return event.event == "left" || event.event == "session_timeout" ||
           event.event == "rebalance_timeout" || event.event == "deleted";
  });
  if (found == timeline.rend()) return {};
  if (found->event == "deleted") {
    return fmt::format(" It was deleted {}.", ago(facts, found->time_ms));
  }
  return fmt::format(" The last to go was {}, {}: {}.",
                     found->client.empty() ? "a member" : tame(found->client),
                     ago(facts, found->time_ms), tame(found->text));
}

void add_rebalance(const GroupFacts& facts, std::vector<Finding>& findings) {
  const auto& group = *facts.group;
  if (!is_rebalancing(group)) return;
  if (facts.view && !facts.view->waits_for.empty()) {
    findings.push_back(waits(facts));
  } else if (group.epoch) {
    findings.push_back(unreconciled(facts));
  } else {
    findings.push_back(rebalances_somehow(facts));
  }
}

void add_no_members(const GroupFacts& facts, std::vector<Finding>& findings) {
  const auto& group = *facts.group;
  if (!group.members.empty() || is_rebalancing(group)) return;
  std::int64_t lag = 0;
  Finding finding{.weight = Weight::hint, .name = "no_members", .says = {}, .next = {}};
  for (const auto& one : facts.partitions) {
    lag += one.lag();
    if (one.lag() > 0) finding.partitions.push_back(one.partition.to_string());
  }
  const bool has_offsets = std::ranges::any_of(
      facts.partitions, [](const PartitionFacts& one) { return one.committed.has_value(); });
  if (lag > 0 || !has_offsets) finding.weight = Weight::cause;
  finding.says = fmt::format("Nobody consumes: the group has no members{}.{}",
                             !has_offsets ? ", and has committed nothing"
                             : lag == 0   ? ""
                                        : fmt::format(", and {} records wait in {} partitions", lag,
                                                      finding.partitions.size()),
                             last_to_go(facts));
  if (facts.offsets_retention_ms && has_offsets) {
    finding.says += fmt::format(" What it has committed expires {} after it became empty.",
                                duration_text(*facts.offsets_retention_ms));
  }
  finding.next =
      "Start its consumers. If they run, compare their group.id and bootstrap.servers, "
      "and whether they subscribe or only assign partitions to themselves.";
  findings.push_back(std::move(finding));
}

void add_flapping(const GroupFacts& facts, std::vector<Finding>& findings) {
  const auto flapping = flapping_of(facts);
  if (flapping.count < many_rebalances) return;
  std::vector<std::string> causes;
  causes.reserve(flapping.causes.size());
  for (const auto& [cause, count] : flapping.causes) {
    causes.push_back(fmt::format("{} by {}", count, words(cause)));
  }
  Finding finding{
      .weight = Weight::cause,
      .name = "flapping",
      .says = fmt::format("{} rebalances in the last {}, and nobody reads while one goes on: {}.",
                          flapping.count, duration_text(facts.view->time_ms - flapping.first_ms),
                          fmt::join(causes, ", ")),
      .next = {}};
  const auto [client, count] = most(flapping.clients);
  if (!client.empty()) {
    finding.members.push_back(client);
    finding.says += fmt::format(" Most had to do with {} ({} events)", tame(client), count);
    finding.says += flapping.last_text.empty()
                        ? "."
                        : fmt::format("; of it last: {}.", tame(flapping.last_text));
  }
  // That somebody joins follows from that somebody went.
  auto others = flapping.causes;
  others.erase("joined");
  finding.next = advice_on(others.empty() ? "joined" : most(others).first);
  findings.push_back(std::move(finding));
}

void add_timed_out(const GroupFacts& facts, std::vector<Finding>& findings) {
  std::map<std::string, const Event*> by_client;  // the last of each
  std::map<std::string, const Event*> back;
  for (const auto* event : lately(facts)) {
    if (event->event == "session_timeout" || event->event == "rebalance_timeout") {
      by_client[event->client] = event;
      back.erase(event->client);
    } else if ((event->event == "fenced" || event->event == "joined") &&
               by_client.contains(event->client)) {
      back.emplace(event->client, event);
    }
  }
  for (const auto& [client, event] : by_client) {
    Finding finding{
        .weight = Weight::hint,
        .name = "timed_out",
        .says = fmt::format("{} was removed {}: {}.", client.empty() ? "A member" : tame(client),
                            ago(facts, event->time_ms), tame(event->text)),
        .next = advice_on(event->event)};
    if (!event->member.empty()) finding.members.push_back(event->member);
    if (const auto found = back.find(client); found != back.end()) {
      finding.says += fmt::format(
          " It was back {}: its process was paused, or cut off, and did "
          "not end.",
          ago(facts, found->second->time_ms));
    }
    findings.push_back(std::move(finding));
  }
}

void add_turned_away(const GroupFacts& facts, std::vector<Finding>& findings) {
  std::set<std::string> told;
  const auto events = lately(facts);
  for (auto at = events.rbegin(); at != events.rend(); ++at) {
    const auto& event = **at;
    if (event.event != "turned_away" || !told.insert(event.client).second) continue;
    findings.push_back(
        {.weight = Weight::hint,
         .name = "turned_away",
         .says = fmt::format("{} wants to join and may not ({} times, last {}): {}.",
                             event.client.empty() ? "Somebody" : tame(event.client), event.count,
                             ago(facts, event.last_time_ms), tame(event.text)),
         .next = "Give all members of the group the same kind of client and a "
                 "partition.assignment.strategy that all have, or this one a group of its own.",
         .members = {event.member}});
  }
}

void add_silent(const GroupFacts& facts, std::vector<Finding>& findings) {
  if (!facts.view) return;
  for (const auto& member : facts.view->members) {
    // Three heartbeats fit into a session.
    if (!member.heard_ms_ago || *member.heard_ms_ago <= member.session_timeout_ms / 2) continue;
    findings.push_back(
        {.weight = Weight::hint,
         .name = "silent",
         .says = fmt::format("{} has not been heard of for {}; it is removed after {}.",
                             name_of(member.client, member.id), duration_text(*member.heard_ms_ago),
                             duration_text(member.session_timeout_ms)),
         .next = "See whether its process runs: it may be paused, or gone without a word.",
         .members = {member.id}});
  }
}

void add_idle(const GroupFacts& facts, std::vector<Finding>& findings) {
  const auto& group = *facts.group;
  if (group.state != "Stable") return;
  Finding finding{.weight = Weight::hint, .name = "idle_members", .says = {}, .next = {}};
  std::vector<std::string> clients;
  for (const auto& member : group.members) {
    if (!member.assigned.empty()) continue;
    finding.members.push_back(member.id);
    if (clients.size() < shown_max) clients.push_back(tame(client_of(member)));
  }
  if (finding.members.empty()) return;
  const auto count = std::ranges::count_if(
      facts.partitions, [](const PartitionFacts& one) { return one.owner.has_value(); });
  finding.says = fmt::format(
      "{} of {} members have nothing to do: the others have all {} "
      "partitions. Idle: {}{}.",
      finding.members.size(), group.members.size(), count, fmt::join(clients, ", "),
      finding.members.size() > clients.size() ? ", ..." : "");
  finding.next =
      "Run no more members than there are partitions, or give the topics more: `moldau "
      "topic alter TOPIC --partitions N` (keys then go elsewhere).";
  findings.push_back(std::move(finding));
}

void add_mixed(const GroupFacts& facts, std::vector<Finding>& findings) {
  const auto& group = *facts.group;
  const auto classic = std::ranges::count_if(group.members, &GroupMember::is_classic);
  if (!group.epoch || classic == 0 || classic == std::ssize(group.members)) return;
  findings.push_back(
      {.weight = Weight::hint,
       .name = "mixed_protocols",
       .says = fmt::format("{} of {} members speak the classic protocol in a group of the consumer "
                           "protocol. That works, but rebalances take as long as the slowest of "
                           "them needs.",
                           classic, group.members.size()),
       .next = "Finish the change: set group.protocol=consumer on all of them."});
}

}  // namespace moldau::apps
