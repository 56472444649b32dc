#include "apps/cli/gather_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "apps/cli/config_admin.h"
#include "apps/cli/coordinator_view.h"
#include "apps/cli/group_report.h"
#include "env/signal.h"
#include "protocol/messages/describe_producers.h"

namespace moldau::apps {
namespace {

using protocol::DescribeProducersRequest;
using protocol::DescribeProducersResponse;
using protocol::ErrorCode;

/// Between two looks.
constexpr Duration look_interval = milliseconds(500);
/// Records that are read, producers that are asked for: of so many partitions at most.
constexpr std::size_t partitions_looked_into_max = 20;
constexpr std::string_view offsets_topic = "__consumer_offsets";

/// What is so of the topics that the group has to do with.
struct Topics {
  struct Partition {
    NodeId leader{};
    ErrorCode error{};
  };
  std::map<std::string, std::map<std::int32_t, Partition>> there;
  std::set<std::string> missing;
};

env::Task<> keep(env::Task<Result<>> task, Result<>& result) {
  result = co_await std::move(task);
}

void pause(Wire& wire) {
  Result<> slept;
  auto& worker = wire.world().worker();
  wire.world().run(keep(env::sleep_until(worker, worker.now() + look_interval), slept));
}

Result<Topics> read_topics(Wire& wire, const std::set<std::string>& names) {
  Topics topics;
  if (names.empty()) return topics;
  const auto metadata = TRY(wire.metadata({names.begin(), names.end()}));
  for (const auto& topic : metadata->topics) {
    const auto name = topic.name.value_or("").str();
    if (!names.contains(name)) continue;  // old brokers tell of all
    if (topic.error_code == ErrorCode::unknown_topic_or_partition ||
        topic.error_code == ErrorCode::invalid_topic_exception) {
      topics.missing.insert(name);
      continue;
    }
    auto& partitions = topics.there[name];
    for (const auto& partition : topic.partitions) {
      partitions[partition.partition_index.value()] = {partition.leader_id, partition.error_code};
    }
  }
  return topics;
}

std::set<std::string> subscribed_topics(const GroupDescription& group) {
  std::set<std::string> topics;
  for (const auto& member : group.members) {
    topics.insert(member.subscribed.begin(), member.subscribed.end());
    // Whoever subscribes by an expression is seen by what it was given.
    if (member.regex.empty()) continue;
    for (const auto& one : member.assigned) topics.insert(one.topic);
  }
  return topics;
}

std::optional<std::int64_t> find(const OffsetMap& offsets, const TopicPartition& partition) {
  const auto found = offsets.find(partition);
  return found == offsets.end() ? std::nullopt : std::optional(found->second);
}

class Gathering {
 public:
  Gathering(Wire& wire, const std::string& group) : wire_(wire) {
    facts_.id = group;
    facts_.now_ms = wall_ms();
  }

  Result<GroupFacts> run(std::int64_t look_for_ms) {
    if (!TRY(find_group())) return std::move(facts_);
    TRY(read_partitions());
    TRY(look(Look::first));
    if (has_lag_with_owner() && look_for_ms > 0) TRY(look_again(look_for_ms));
    read_view();
    read_records();
    read_producers();
    facts_.now_ms = wall_ms();
    return std::move(facts_);
  }

 private:
  enum class Look : std::uint8_t { first, again };

  std::int64_t wall_ms() { return wire_.world().env().clock().wall().value; }

  /// False: there is nothing to look at.
  Result<bool> find_group() {
    const auto coordinator = coordinator_of(wire_, facts_.id);
    if (coordinator) coordinator_ = *coordinator;
    auto group = coordinator ? describe_group(wire_, facts_.id)
                             : Result<GroupDescription>(std::unexpected(coordinator.error()));
    if (group) {
      facts_.group = *std::move(group);
      read_retention();
      return true;
    }
    if (group.error().code == Errc::not_found) {
      read_view();
      return false;
    }
    if (group.error().code != Errc::unavailable || !wire_.metadata({})) {
      return std::unexpected(group.error());
    }
    facts_.coordinator_problem = group.error().context;
    TRY(read_offsets_topic());
    return false;
  }

  Result<> read_offsets_topic() {
    const auto topics = TRY(read_topics(wire_, {std::string(offsets_topic)}));
    for (const auto& [name, partitions] : topics.there) {
      for (const auto& [number, partition] : partitions) {
        if (partition.leader == no_node) {
          facts_.offsets_partitions_without_leader.push_back(number);
        }
      }
    }
    return {};
  }

  void read_retention() {
    const auto configs = describe_configs(
        wire_, {.kind = ConfigResource::Kind::broker, .name = fmt::to_string(*coordinator_)});
    if (!configs) return;
    const auto found = std::ranges::find(*configs, "offsets.retention.minutes", &ConfigEntry::name);
    std::int64_t minutes = 0;
    if (found == configs->end()) return;
    const auto& value = found->value;
    std::from_chars(value.data(), value.data() + value.size(), minutes);
    constexpr std::int64_t minute_ms = 60'000;
    if (minutes > 0) facts_.offsets_retention_ms = minutes * minute_ms;
  }

  /// Which there are: assigned, committed, or of topics that members subscribe to.
  Result<> read_partitions() {
    const auto& group = *facts_.group;
    const auto committed = TRY(committed_offsets(wire_, facts_.id));
    const auto known = partitions_of(group, committed);
    const auto subscribed = subscribed_topics(group);
    auto names = subscribed;
    for (const auto& one : known) names.insert(one.topic);
    const auto topics = TRY(read_topics(wire_, names));
    std::set<TopicPartition> all(known.begin(), known.end());
    for (const auto& topic : subscribed) {
      if (topics.missing.contains(topic)) facts_.missing_topics.push_back(topic);
      const auto found = topics.there.find(topic);
      if (found == topics.there.end()) continue;
      for (const auto& [number, partition] : found->second) all.insert({topic, number});
    }
    for (const auto& one : all) {
      PartitionFacts facts{.partition = one};
      facts.is_subscribed = subscribed.contains(one.topic);
      facts.owner = owner_of(one);
      const auto topic = topics.there.find(one.topic);
      facts.exists = topic != topics.there.end() && topic->second.contains(one.partition);
      if (facts.exists) {
        const auto& partition = topic->second.at(one.partition);
        facts.has_leader = partition.leader != no_node;
        leaders_[one] = partition.leader;
      }
      facts_.partitions.push_back(std::move(facts));
    }
    return {};
  }

  std::optional<std::size_t> owner_of(const TopicPartition& partition) const {
    const auto& members = facts_.group->members;
    const auto owner = std::ranges::find_if(members, [&](const GroupMember& member) {
      return std::ranges::find(member.assigned, partition) != member.assigned.end();
    });
    if (owner == members.end()) return std::nullopt;
    return static_cast<std::size_t>(owner - members.begin());
  }

  std::vector<TopicPartition> places() const {
    std::vector<TopicPartition> result;
    for (const auto& one : facts_.partitions) {
      if (one.exists && one.has_leader) result.push_back(one.partition);
    }
    return result;
  }

  Result<> look(Look which) {
    const auto committed = TRY(committed_offsets(wire_, facts_.id));
    const auto ends = TRY(list_offsets(wire_, places(), latest_timestamp));
    const auto stable = TRY(list_offsets(wire_, places(), latest_timestamp, Isolation::committed));
    if (which == Look::first) starts_ = TRY(list_offsets(wire_, places(), earliest_timestamp));
    for (auto& one : facts_.partitions) {
      one.committed = find(committed, one.partition);
      one.end = find(ends, one.partition);
      one.last_stable = find(stable, one.partition);
      one.start = find(starts_, one.partition);
      if (which == Look::again) continue;
      one.committed_before = one.committed;
      one.end_before = one.end;
    }
    return {};
  }

  static bool is_waited_for(const PartitionFacts& one) {
    return one.owner && one.end && (one.committed ? one.lag() > 0 : one.end > one.start);
  }

  bool has_lag_with_owner() const { return std::ranges::any_of(facts_.partitions, is_waited_for); }

  /// Until every partition that has a lag has got on.
  Result<> look_again(std::int64_t look_for_ms) {
    const auto& worker = wire_.world().worker();
    const MonoTime began = worker.now();
    for (;;) {
      pause(wire_);
      TRY(look(Look::again));
      facts_.looked_for_ms = to_ms(worker.now() - began);
      const bool all_move = std::ranges::all_of(facts_.partitions, [](const PartitionFacts& one) {
        return !is_waited_for(one) || one.committed != one.committed_before;
      });
      if (all_move || facts_.looked_for_ms >= look_for_ms) break;
    }
    // It may rebalance by now.
    auto group = describe_group(wire_, facts_.id);
    if (!group) return {};
    facts_.group = *std::move(group);
    for (auto& one : facts_.partitions) one.owner = owner_of(one.partition);
    return {};
  }

  void read_view() {
    if (coordinator_) facts_.view = read_coordinator_view(wire_, *coordinator_, facts_.id);
  }

  /// Of partitions that do not get on, or whose leader said nothing: what it says to a Fetch.
  void read_records() {
    OffsetMap offsets;
    for (const auto& one : facts_.partitions) {
      if (offsets.size() == partitions_looked_into_max) break;
      if (!one.exists || !one.has_leader) continue;
      const bool is_still = one.owner && one.lag() > 0 && one.committed == one.committed_before;
      if (is_still || !one.end) offsets[one.partition] = one.committed.value_or(0);
    }
    const auto places = fetch_records(wire_, offsets);
    if (!places) return;
    for (auto& one : facts_.partitions) {
      const auto found = places->find(one.partition);
      if (found == places->end()) continue;
      const auto& place = found->second;
      if (place.error == ErrorCode::none) {
        one.was_read = true;
        one.next = place.record;
      } else if (place.error != ErrorCode::offset_out_of_range) {
        one.refusal = fmt::format("{}", place.error);
      }
    }
  }

  /// Whose transactions hold the last stable offset.
  void read_producers() {
    std::size_t count = 0;
    for (auto& one : facts_.partitions) {
      if (!one.last_stable || !one.end || *one.last_stable >= *one.end) continue;
      if (++count > partitions_looked_into_max) return;
      DescribeProducersRequest request;
      request.topics.push_back({.name = Text::view(one.partition.topic),
                                .partition_indexes = {PartitionId(one.partition.partition)}});
      const auto response =
          wire_.ask<DescribeProducersResponse>(leaders_.at(one.partition), request);
      if (!response) continue;
      for (const auto& topic : response->message.topics) {
        for (const auto& partition : topic.partitions) add_open(one, partition);
      }
    }
  }

  static void add_open(PartitionFacts& to,
                       const DescribeProducersResponse::PartitionResponse& partition) {
    constexpr std::size_t shown_max = 5;
    for (const auto& producer : partition.active_producers) {
      if (producer.current_txn_start_offset.value() < 0 || to.open.size() == shown_max) continue;
      to.open.push_back({.producer_id = producer.producer_id.value(),
                         .producer_epoch = producer.producer_epoch,
                         .start_offset = producer.current_txn_start_offset.value(),
                         .last_timestamp_ms = producer.last_timestamp});
    }
    std::ranges::sort(to.open, {}, &OpenTransaction::start_offset);
  }

  Wire& wire_;
  GroupFacts facts_;
  std::optional<NodeId> coordinator_;
  std::map<TopicPartition, NodeId> leaders_;
  OffsetMap starts_;
};

}  // namespace

Result<GroupFacts> gather_facts(Wire& wire, const std::string& group, std::int64_t look_for_ms) {
  return Gathering(wire, group).run(look_for_ms);
}

}  // namespace moldau::apps
