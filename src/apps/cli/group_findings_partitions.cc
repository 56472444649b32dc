#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "apps/cli/group_findings_parts.h"
#include "apps/cli/output.h"
#include "apps/cli/position.h"

namespace moldau::apps {
namespace {

using Weight = Finding::Weight;

/// Each gets a finding of its own, up to so many; the others are counted.
constexpr std::size_t findings_max = 5;
/// Transactions last no longer, unless their producer is gone: transaction.timeout.ms is a minute.
constexpr std::int64_t long_transaction_ms = 60'000;

std::string owner_text(const GroupFacts& facts, const PartitionFacts& one) {
  if (!one.owner) return "nobody";
  return tame(client_of(facts.group->members[*one.owner]));
}

std::vector<std::string> names(const std::vector<TopicPartition>& partitions) {
  std::vector<std::string> result;
  result.reserve(partitions.size());
  for (const auto& one : partitions) result.push_back(one.to_string());
  return result;
}

bool is_in_range(const PartitionFacts& one) {
  return one.committed && (!one.start || *one.committed >= *one.start) &&
         (!one.end || *one.committed <= *one.end);
}

/// What a reader of committed records cannot get past.
bool is_held(const PartitionFacts& one) {
  return one.last_stable && one.end && *one.last_stable < *one.end && one.committed &&
         *one.committed >= *one.last_stable;
}

bool has_moved(const PartitionFacts& one) {
  return one.committed != one.committed_before;
}

std::string record_text(const GroupFacts& facts, const FetchedRecord& record) {
  std::string text = fmt::format("The next record is at offset {}", record.offset);
  if (!record.broken.empty()) {
    return text + fmt::format(", and no client can read it: {} (a batch of {}, {})",
                              tame(record.broken), bytes_text(record.batch_bytes), record.codec);
  }
  text += record.key_bytes
              ? fmt::format(", key {} ({})", json_text(record.key), bytes_text(*record.key_bytes))
              : ", without a key";
  text += record.value_bytes ? fmt::format(", a value of {}", bytes_text(*record.value_bytes))
                             : ", a tombstone";
  if (record.codec != "none") text += ", " + record.codec;
  if (record.timestamp_ms) {
    text +=
        fmt::format(", written {} ({} ago)", timestamp_text(*record.timestamp_ms),
                    duration_text(std::max<std::int64_t>(0, facts.now_ms - *record.timestamp_ms)));
  }
  return text;
}

std::string skip_command(const GroupFacts& facts, const PartitionFacts& one, std::int64_t to) {
  return fmt::format("`moldau group reset {} --topic {} --to {} --execute`", printable(facts.id),
                     one.partition.to_string(), to);
}

Finding stuck(const GroupFacts& facts, const PartitionFacts& one) {
  const auto growth = one.end && one.end_before ? *one.end - *one.end_before : 0;
  Finding finding{.weight = Weight::cause,
                  .name = "stuck_record",
                  .says = fmt::format(
                      "{} does not get on: offset {} was committed and has not moved for {}{}; "
                      "{} records wait for {}.",
                      one.partition.to_string(), *one.committed, duration_text(facts.looked_for_ms),
                      growth > 0 ? fmt::format(", while {} records came", growth) : "", one.lag(),
                      owner_text(facts, one)),
                  .next = {},
                  .partitions = {one.partition.to_string()}};
  if (one.owner) finding.members.push_back(facts.group->members[*one.owner].id);
  if (!one.next) {
    finding.next = "Look at the log of that member: it has the partition and commits nothing.";
    return finding;
  }
  const auto& record = *one.next;
  finding.says += " " + record_text(facts, record) + ".";
  const auto skip = skip_command(facts, one, record.offset + 1);
  if (!record.broken.empty()) {
    finding.next = fmt::format(
        "It was written so, or damaged later (`moldau log verify`). To go on "
        "behind it, stop the members and use {}.",
        skip);
  } else {
    finding.next = fmt::format(
        "If the log of that member shows the same error again and again, this record is why: see "
        "it "
        "with `moldau consume {} --partition {} --from {} -n 1`. To go on without it, stop the "
        "members and use {}. If there is no error, its processing is slow, or it commits seldom: "
        "look again with a longer --for.",
        one.partition.topic, one.partition.partition, record.offset, skip);
  }
  return finding;
}

/// "Producer 7 (epoch 0) began at offset 12 and last wrote 3m ago".
std::string transaction_text(const GroupFacts& facts, const OpenTransaction& open) {
  return fmt::format(
      "Producer {} (epoch {}) began at offset {}{}", open.producer_id, open.producer_epoch,
      open.start_offset,
      open.last_timestamp_ms < 0
          ? ""
          : fmt::format(" and last wrote {} ago", duration_text(std::max<std::int64_t>(
                                                      0, facts.now_ms - open.last_timestamp_ms))));
}

/// Adds one finding for each until there are too many, then one that counts.
void add_each(const GroupFacts& facts, const std::vector<const PartitionFacts*>& all,
              Finding (*find)(const GroupFacts&, const PartitionFacts&),
              std::vector<Finding>& findings) {
  std::vector<TopicPartition> others;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i < findings_max) {
      findings.push_back(find(facts, *all[i]));
    } else {
      others.push_back(all[i]->partition);
    }
  }
  if (others.empty()) return;
  auto rest = findings.back();
  rest.says =
      fmt::format("So it is with {} more partitions: {}.", others.size(), partitions_text(others));
  rest.next.clear();
  rest.partitions = names(others);
  findings.push_back(std::move(rest));
}

template <class Condition>
std::vector<const PartitionFacts*> those(const GroupFacts& facts, const Condition& condition) {
  std::vector<const PartitionFacts*> result;
  for (const auto& one : facts.partitions) {
    if (condition(one)) result.push_back(&one);
  }
  return result;
}

std::vector<TopicPartition> places(const std::vector<const PartitionFacts*>& partitions) {
  std::vector<TopicPartition> result;
  result.reserve(partitions.size());
  for (const auto* one : partitions) result.push_back(one->partition);
  return result;
}

Finding held(const GroupFacts& facts, const PartitionFacts& one) {
  Finding finding{
      .weight = Weight::cause,
      .name = "open_transaction",
      .says = fmt::format("An open transaction holds {} at offset {}: the {} records from there on "
                          "are hidden from consumers with isolation.level=read_committed.",
                          one.partition.to_string(), *one.last_stable, *one.end - *one.last_stable),
      .next = {},
      .partitions = {one.partition.to_string()}};
  for (const auto& open : one.open) finding.says += " " + transaction_text(facts, open) + ".";
  finding.next =
      "Let that producer end its transaction, or wait until its transaction.timeout.ms is over; "
      "Apache's `kafka-transactions.sh abort` ends one whose producer is gone.";
  return finding;
}

Finding long_open(const GroupFacts& facts, const PartitionFacts& one) {
  auto finding = held(facts, one);
  finding.weight = Weight::hint;
  return finding;
}

Finding out_of_range(const GroupFacts& facts, const PartitionFacts& one) {
  const bool is_below = one.start && *one.committed < *one.start;
  Finding finding{.weight = Weight::cause,
                  .name = "offset_out_of_range",
                  .says = {},
                  .next = {},
                  .partitions = {one.partition.to_string()}};
  if (is_below) {
    finding.says = fmt::format(
        "{}: offset {} is committed, but the log begins at {}: retention has deleted {} records "
        "that the group had not read.",
        one.partition.to_string(), *one.committed, *one.start, *one.start - *one.committed);
  } else {
    finding.says = fmt::format(
        "{}: offset {} is committed, but the log ends at {}: the topic was made anew, or has lost "
        "records.",
        one.partition.to_string(), *one.committed, *one.end);
  }
  finding.next = fmt::format(
      "Consumers go on as their auto.offset.reset says: with \"none\" they fail, with \"latest\" "
      "they skip what there is. Choose with {}{}.",
      skip_command(facts, one, is_below ? *one.start : *one.end),
      is_below ? ", and keep records longer (retention.ms, retention.bytes)" : "");
  return finding;
}

std::string refusal_advice(const std::string& refusal) {
  if (refusal == "NOT_LEADER_OR_FOLLOWER") {
    return "It may have moved just now: look again. If it stays so, that broker keeps the "
           "partition "
           "out of service because its files are damaged: its log names them, `moldau log verify` "
           "shows what is wrong.";
  }
  if (refusal == "KAFKA_STORAGE_ERROR") {
    return "The broker's disk has failed, or it keeps the partition out of service because its "
           "files are damaged: its log names them, `moldau log verify` shows what is wrong.";
  }
  if (refusal.ends_with("AUTHORIZATION_FAILED")) {
    return "Ask for an ACL that lets you read the topic; this says nothing about the group.";
  }
  return "See `moldau topic describe` and the log of that broker.";
}

}  // namespace

void add_unserved(const GroupFacts& facts, std::vector<Finding>& findings) {
  const auto without_leader =
      places(those(facts, [](const PartitionFacts& one) { return one.exists && !one.has_leader; }));
  if (!without_leader.empty()) {
    findings.push_back(
        {.weight = Weight::cause,
         .name = "no_leader",
         .says =
             fmt::format("{} cannot be read: no broker leads {}.", partitions_text(without_leader),
                         without_leader.size() == 1 ? "it" : "them"),
         .next = "Bring the brokers back that have replicas: `moldau topic describe` names them, "
                 "`moldau cluster describe` says which are up.",
         .partitions = names(without_leader)});
  }
  std::map<std::string, std::vector<TopicPartition>> refused;
  for (const auto& one : facts.partitions) {
    if (one.has_leader && !one.refusal.empty()) refused[one.refusal].push_back(one.partition);
  }
  for (const auto& [refusal, partitions] : refused) {
    findings.push_back({.weight = Weight::cause,
                        .name = "refused",
                        .says = fmt::format("{} cannot be read: the leader answers {}.",
                                            partitions_text(partitions), refusal),
                        .next = refusal_advice(refusal),
                        .partitions = names(partitions)});
  }
}

void add_missing_topics(const GroupFacts& facts, std::vector<Finding>& findings) {
  if (!facts.missing_topics.empty()) {
    const bool is_one = facts.missing_topics.size() == 1;
    findings.push_back(
        {.weight = Weight::cause,
         .name = "missing_topic",
         .says = fmt::format("Members subscribe to {} {}, which {} not there: {} never made, or "
                             "deleted.",
                             is_one ? "topic" : "topics", fmt::join(facts.missing_topics, ", "),
                             is_one ? "is" : "are", is_one ? "it was" : "they were"),
         .next = "Make it with `moldau topic create`, or correct the name in the consumer.",
         .partitions = facts.missing_topics});
  }
  std::map<std::string, std::vector<std::int32_t>> gone;
  for (const auto& one : facts.partitions) {
    const auto& missing = facts.missing_topics;
    if (one.exists || std::ranges::find(missing, one.partition.topic) != missing.end()) continue;
    gone[one.partition.topic].push_back(one.partition.partition);
  }
  for (const auto& [topic, partitions] : gone) {
    findings.push_back(
        {.weight = Weight::hint,
         .name = "topic_is_gone",
         .says = fmt::format("The group has committed offsets for {}:{}, which is not there any "
                             "more.",
                             topic, ranges(partitions)),
         .next = fmt::format("Forget them: `moldau group delete {} --topic {}`.",
                             printable(facts.id), topic),
         .partitions = {topic}});
  }
}

void add_open_transactions(const GroupFacts& facts, std::vector<Finding>& findings) {
  const auto holds = [&](const PartitionFacts& one) {
    return is_held(one) && !(facts.looked_for_ms > 0 && has_moved(one));
  };
  add_each(facts, those(facts, holds), held, findings);
  const auto is_long = [&](const PartitionFacts& one) {
    if (holds(one) || !one.last_stable || !one.end || *one.last_stable >= *one.end) return false;
    return std::ranges::any_of(one.open, [&](const OpenTransaction& open) {
      return open.last_timestamp_ms >= 0 &&
             facts.now_ms - open.last_timestamp_ms > long_transaction_ms;
    });
  };
  add_each(facts, those(facts, is_long), long_open, findings);
}

void add_out_of_range(const GroupFacts& facts, std::vector<Finding>& findings) {
  add_each(facts,
           those(facts,
                 [](const PartitionFacts& one) {
                   return one.committed && one.exists && !is_in_range(one);
                 }),
           out_of_range, findings);
}

void add_stuck(const GroupFacts& facts, std::vector<Finding>& findings) {
  if (facts.looked_for_ms == 0 || facts.group->state != "Stable") return;
  add_each(facts,
           those(facts,
                 [](const PartitionFacts& one) {
                   const bool is_nothing_left = one.was_read && !one.next;
                   return one.owner && one.lag() > 0 && !has_moved(one) && is_in_range(one) &&
                          !is_held(one) && one.has_leader && one.refusal.empty() &&
                          !is_nothing_left;
                 }),
           stuck, findings);
}

void add_unowned(const GroupFacts& facts, std::vector<Finding>& findings) {
  if (facts.group->state != "Stable" || facts.group->members.empty()) return;
  const auto unowned = places(those(facts, [](const PartitionFacts& one) {
    return one.exists && !one.owner && one.is_subscribed;
  }));
  if (!unowned.empty()) {
    findings.push_back(
        {.weight = Weight::cause,
         .name = "no_owner",
         .says = fmt::format("{} {} read by nobody: members subscribe to the topic, and none of "
                             "them was given {}.",
                             partitions_text(unowned), unowned.size() == 1 ? "is" : "are",
                             unowned.size() == 1 ? "it" : "them"),
         .next = "Partitions that were added lately are given out at the next rebalance: clients "
                 "look for them every metadata.max.age.ms. Otherwise the members' assignor has "
                 "left them out: restart a member, and look at its partition.assignment.strategy.",
         .partitions = names(unowned)});
  }
  const auto left = places(those(facts, [](const PartitionFacts& one) {
    return one.exists && !one.owner && !one.is_subscribed && one.lag() > 0;
  }));
  if (left.empty()) return;
  findings.push_back(
      {.weight = Weight::hint,
       .name = "not_subscribed",
       .says = fmt::format("Records wait in {}, where the group has committed but no member "
                           "subscribes.",
                           partitions_text(left)),
       .next = "If that is as it should be, forget them with `moldau group delete GROUP --topic "
               "TOPIC`; else look at the topics of the members.",
       .partitions = names(left)});
}

void add_no_commits(const GroupFacts& facts, std::vector<Finding>& findings) {
  if (facts.group->state != "Stable") return;
  const auto owned = those(facts, [](const PartitionFacts& one) { return one.owner.has_value(); });
  const auto waiting = places(those(facts, [](const PartitionFacts& one) {
    return one.owner && !one.committed && one.end && one.start && *one.end > *one.start;
  }));
  if (waiting.empty()) return;
  const bool is_none = std::ranges::none_of(
      owned, [](const PartitionFacts* one) { return one->committed.has_value(); });
  Finding finding{
      .weight = is_none ? Weight::cause : Weight::hint,
      .name = "no_commits",
      .says = fmt::format("Members have {} and have {} committed there, though there are records: "
                          "how far they are cannot be known, and after a restart they begin where "
                          "auto.offset.reset says.",
                          partitions_text(waiting), is_none ? "never" : "not"),
      .next =
          "If enable.auto.commit is off, the consumer must commit by itself; if it only wants "
          "what is new and nothing has come, all is well. Its log may show that commits fail.",
      .partitions = names(waiting)};
  if (facts.view) {
    const auto& timeline = facts.view->timeline;
    const auto expired =
        std::ranges::find(timeline, "offsets_expired", &CoordinatorView::Event::event);
    if (expired != timeline.end()) {
      finding.says += fmt::format(" Offsets of the group expired {}: {}.",
                                  ago(facts, expired->time_ms), tame(expired->text));
    }
  }
  findings.push_back(std::move(finding));
}

}  // namespace moldau::apps
