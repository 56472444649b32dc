#include "sim/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace moldau::sim {

namespace {

constexpr std::array<std::string_view, fault_kinds> fault_names{
    "power cut",    "kill",        "clean stop", "power cut in work", "failed sync",
    "failed write", "failed read", "slow disk",  "stalled write",     "stalled sync",
    "full disk",    "clock step",  "reset",      "cut network",       "slow network",
    "damage",       "damage"};

// How often each comes up, in the same order: crashes are what this is about.
constexpr std::array<int, fault_kinds> weights{8, 3, 3, 8, 2, 2, 1, 2, 1, 1, 3, 2, 2, 1, 1, 0, 0};

constexpr std::uint64_t groups_per_million = 400'000;
constexpr std::uint64_t consumer_groups_per_million = 500'000;
constexpr std::uint64_t compaction_per_million = 400'000;
constexpr std::uint64_t damage_per_million = 250'000;
constexpr std::uint64_t scrubs_per_million = 400'000;
constexpr std::uint64_t retention_per_million = 400'000;
constexpr std::uint64_t several_directories_per_million = 400'000;
constexpr std::uint64_t few_files_per_million = 400'000;

FaultKind draw_kind(Prng& prng) {
  int sum = 0;
  for (const int weight : weights) sum += weight;
  auto left = static_cast<int>(prng.below(static_cast<std::uint64_t>(sum)));
  for (std::size_t i = 0; i < weights.size(); ++i) {
    left -= weights[i];
    if (left < 0) return static_cast<FaultKind>(i);
  }
  return FaultKind::power_cut;
}

template <class T>
T pick(Prng& prng, std::initializer_list<T> of) {
  return *(of.begin() + prng.below(of.size()));
}

Duration draw_ms(Prng& prng, std::int64_t least, std::int64_t most) {
  return milliseconds(prng.between(least, most));
}

ProducerPlan draw_producer(Prng& prng, bool by_id, bool is_slow) {
  ProducerPlan plan;
  plan.idempotent = prng.chance(600'000);
  plan.acks = plan.idempotent ? std::int16_t{-1} : pick<std::int16_t>(prng, {-1, -1, 1, 1, 0});
  plan.version = by_id ? std::int16_t{13} : static_cast<std::int16_t>(prng.between(7, 13));
  plan.in_flight_max = static_cast<int>(prng.between(1, 5));
  plan.batch_records_max = pick(prng, {1, 3, 10});
  plan.partitions_per_request_max = pick(prng, {1, 3});
  plan.compressed_per_million = pick<std::uint64_t>(prng, {0, 300'000, 1'000'000});
  plan.think_max = draw_ms(prng, 2, pick<std::int64_t>(prng, {10, 50, 200}));
  // A move holds the log still for some ten syncs, each of which takes 200 ms at worst.
  plan.timeout = draw_ms(prng, is_slow ? 1'500 : 300, 3'000);
  plan.delivery = draw_ms(prng, 2'000, 120'000);
  return plan;
}

ConsumerPlan draw_consumer(Prng& prng, bool by_id) {
  ConsumerPlan plan;
  plan.version = static_cast<std::int16_t>(prng.between(by_id ? 13 : 4, 17));
  plan.sessions = plan.version >= 7 && prng.chance(700'000);
  plan.isolation_level = static_cast<std::int8_t>(prng.below(2));
  plan.wait_max = draw_ms(prng, 0, pick<std::int64_t>(prng, {0, 500, 5'000}));
  plan.max_bytes = pick(prng, {1'000, 10'000, 1 << 20});
  plan.partition_max_bytes = pick(prng, {500, 5'000, 1 << 20});
  return plan;
}

TopicPlan draw_topic(Prng& prng, std::uint64_t number) {
  TopicPlan plan{.name = fmt::format("topic-{}", number),
                 .partitions = static_cast<int>(prng.between(1, 3)),
                 .configs = {}};
  // Small segments: by age, or by the number of index entries that fit.
  if (prng.chance(400'000)) {
    plan.configs.emplace_back("segment.ms", fmt::format("{}", prng.between(50, 2'000)));
  }
  if (prng.chance(400'000)) {
    plan.configs.emplace_back("segment.index.bytes", fmt::format("{}", prng.between(4, 40) * 12));
    plan.configs.emplace_back("index.interval.bytes", fmt::format("{}", prng.between(0, 400)));
  }
  if (prng.chance(200'000)) plan.configs.emplace_back("message.timestamp.type", "LogAppendTime");
  if (prng.chance(100'000)) {
    plan.configs.emplace_back("compression.type", pick<const char*>(prng, {"lz4", "zstd", "gzip"}));
  }
  if (prng.chance(300'000)) plan.configs.emplace_back("file.delete.delay.ms", "100");
  return plan;
}

/// Small segments, cleaned as soon as may be.
void make_compacted(Prng& prng, TopicPlan& plan) {
  plan.name.insert(0, compacted_prefix);
  std::erase_if(plan.configs,
                [](const auto& config) { return config.first.starts_with("segment"); });
  plan.configs.emplace_back("cleanup.policy", "compact");
  plan.configs.emplace_back("min.cleanable.dirty.ratio", "0.01");
  plan.configs.emplace_back("delete.retention.ms", fmt::format("{}", prng.between(0, 1'000)));
  plan.configs.emplace_back("segment.ms", fmt::format("{}", prng.between(30, 500)));
}

/// With a stream of its own, as groups.
void draw_compaction(Prng prng, Scenario& scenario) {
  if (!prng.chance(compaction_per_million)) return;
  for (TopicPlan& plan : scenario.topics) {
    if (prng.chance(600'000)) make_compacted(prng, plan);
  }
  scenario.cleaner_backoff = draw_ms(prng, 100, 500);
}

/// Small segments, and so little is kept that some of it goes in any run.
void make_trimmed(Prng& prng, TopicPlan& plan) {
  plan.name.insert(0, "trimmed-");
  // The checkers know a record's time and size as they were sent.
  std::erase_if(plan.configs, [](const auto& config) {
    return config.first.starts_with("segment") || config.first == "index.interval.bytes" ||
           config.first == "message.timestamp.type" || config.first == "compression.type";
  });
  plan.configs.emplace_back("segment.ms", fmt::format("{}", prng.between(30, 1'000)));
  if (prng.chance(400'000)) {
    plan.configs.emplace_back("segment.index.bytes", fmt::format("{}", prng.between(2, 10) * 12));
    plan.configs.emplace_back("index.interval.bytes", "0");
  }
  auto& retention = plan.retention.emplace();
  if (prng.chance(500'000)) {
    retention.bytes = prng.between(0, 10'000);
    plan.configs.emplace_back("retention.bytes", fmt::format("{}", *retention.bytes));
  }
  if (prng.chance(500'000)) {
    retention.time = draw_ms(prng, 0, pick<std::int64_t>(prng, {2'000, 20'000}));
    plan.configs.emplace_back("retention.ms", fmt::format("{}", to_ms(*retention.time)));
  } else {
    plan.configs.emplace_back("retention.ms", "-1");
  }
}

/// With a stream of its own, as groups.
void draw_retention(Prng prng, Scenario& scenario) {
  if (!prng.chance(retention_per_million)) return;
  for (TopicPlan& plan : scenario.topics) {
    if (!is_compacted(plan.name) && prng.chance(600'000)) make_trimmed(prng, plan);
  }
  scenario.retention_check = draw_ms(prng, 100, 1'000);
  scenario.housekeeping = draw_ms(prng, 50, 1'000);
}

/// With a stream of its own, as groups. A scrubber that finds nothing is a test as well.
void draw_damage(Prng prng, Scenario& scenario) {
  if (prng.chance(scrubs_per_million)) scenario.scrub_every = draw_ms(prng, 50, 1'000);
  if (!prng.chance(damage_per_million)) return;
  const auto most = static_cast<std::uint64_t>(scenario.budget.damages_max);
  const std::uint64_t damages = 1 + prng.below(most);
  for (std::uint64_t i = 0; i < damages; ++i) {
    const auto at = static_cast<std::ptrdiff_t>(prng.below(scenario.faults.size() + 1));
    const auto kind =
        prng.chance(500'000) ? FaultKind::damage_while_down : FaultKind::damage_at_rest;
    scenario.faults.insert(scenario.faults.begin() + at,
                           {draw_ms(prng, 0, 1'000), kind, prng.next()});
  }
}

/// With a stream of its own, as groups.
void draw_directories(Prng prng, Scenario& scenario) {
  if (prng.chance(several_directories_per_million)) {
    scenario.directories = static_cast<int>(prng.between(2, 3));
    scenario.half_lives = draw_ms(prng, 0, 1'000);
  }
  if (prng.chance(few_files_per_million)) scenario.open_files_max = prng.below(8);
}

MemberPlan draw_member(Prng& prng) {
  MemberPlan plan;
  plan.is_static = prng.chance(300'000);
  plan.join_version = static_cast<std::int16_t>(prng.between(1, 9));
  plan.session_timeout = draw_ms(prng, 300, 2'000);
  plan.rebalance_timeout = draw_ms(prng, 300, 2'000);
  plan.heartbeat_every = plan.session_timeout / prng.between(3, 8);
  plan.mischief_per_million = pick<std::uint64_t>(prng, {0, 20'000, 60'000});
  return plan;
}

/// With a stream of its own: seeds without groups are as if there were none.
void draw_groups(Prng prng, Scenario& scenario) {
  if (!prng.chance(groups_per_million)) return;
  const std::uint64_t groups = 1 + prng.below(2);
  for (std::uint64_t i = 0; i < groups; ++i) {
    auto& members = scenario.groups.emplace_back().members;
    members.resize(2 + prng.below(3));
    for (MemberPlan& member : members) member = draw_member(prng);
  }
  scenario.offsets_partitions = static_cast<int>(prng.between(1, 3));
  scenario.initial_rebalance_delay = draw_ms(prng, 0, pick<std::int64_t>(prng, {0, 300}));
}

/// Some of the groups speak the consumer protocol.
void draw_consumer_groups(Prng prng, Scenario& scenario) {
  scenario.consumer_session = draw_ms(prng, 300, 2'000);
  scenario.consumer_heartbeat = scenario.consumer_session / prng.between(3, 8);
  scenario.consumer_assignment = draw_ms(prng, 0, pick<std::int64_t>(prng, {0, 300}));
  for (GroupPlan& group : scenario.groups) {
    if (!prng.chance(consumer_groups_per_million)) continue;
    group.by_epoch = true;
    for (MemberPlan& member : group.members) {
      member.by_regex = prng.chance(200'000);
      member.names_itself = member.by_regex || prng.chance(800'000);
      member.assignor = pick<const char*>(prng, {"", "", "uniform", "range"});
    }
  }
}

/// True: its disk is slow.
bool draw_world(Prng& prng, env::SimOptions& world) {
  const bool is_slow = prng.chance(300'000);
  if (is_slow) {
    world.disk.sync = {milliseconds(2), milliseconds(15), 20'000, milliseconds(200)};
  }
  world.disk.cold_reads_per_million = pick<std::uint64_t>(prng, {0, 100'000, 1'000'000});
  if (prng.chance(200'000)) world.network.latency.most = milliseconds(10);
  return is_slow;
}

}  // namespace

std::string_view name(FaultKind kind) {
  return fault_names.at(static_cast<std::size_t>(kind));
}

std::string directory_path(int index) {
  return index == 0 ? "/data" : fmt::format("/data{}", index);
}

Scenario Scenario::draw(std::uint64_t seed) {
  Prng prng = Prng(seed).split("scenario");
  Scenario scenario;
  scenario.seed = seed;
  scenario.broker_workers = static_cast<int>(prng.between(1, 3));
  const bool is_slow = draw_world(prng, scenario.world);
  // One seed in eight has no faults: what then goes wrong is easy to understand.
  const auto most = static_cast<std::uint64_t>(scenario.budget.faults_max);
  const std::uint64_t faults = prng.chance(125'000) ? 0 : 1 + prng.below(most);
  for (std::uint64_t i = 0; i < faults; ++i) {
    scenario.faults.push_back({draw_ms(prng, 0, 800), draw_kind(prng), prng.next()});
  }
  scenario.calm = draw_ms(prng, 300, 1'000);
  scenario.names_are_reused = prng.chance(300'000);
  scenario.deletions_per_million = pick<std::uint64_t>(prng, {0, 100'000, 300'000});
  const auto topics = static_cast<std::uint64_t>(prng.between(1, 6));
  for (std::uint64_t i = 0; i < topics; ++i) scenario.topics.push_back(draw_topic(prng, i));
  scenario.first_topics = 1 + static_cast<int>(prng.below(std::min<std::uint64_t>(2, topics)));
  const std::uint64_t producers = 1 + prng.below(4);
  for (std::uint64_t i = 0; i < producers; ++i) {
    scenario.producers.push_back(draw_producer(prng, scenario.names_are_reused, is_slow));
  }
  const std::uint64_t consumers = 1 + prng.below(3);
  for (std::uint64_t i = 0; i < consumers; ++i) {
    scenario.consumers.push_back(draw_consumer(prng, scenario.names_are_reused));
  }
  scenario.flush_strategy = pick<const char*>(prng, {"auto", "fdatasync", "syncfs"});
  scenario.ends_with_crash = prng.chance(700'000);
  draw_groups(Prng(seed).split("groups"), scenario);
  draw_consumer_groups(Prng(seed).split("consumer groups"), scenario);
  draw_compaction(Prng(seed).split("compaction"), scenario);
  draw_retention(Prng(seed).split("retention"), scenario);
  draw_directories(Prng(seed).split("directories"), scenario);
  draw_damage(Prng(seed).split("damage"), scenario);
  return scenario;
}

}  // namespace moldau::sim
