#include "coordinator/group/consumer/assignor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/prng.h"
#include "base/scenario_test.h"
#include "coordinator/group/consumer/assignor_commands_test.h"

namespace moldau::coordinator {
namespace {

std::size_t size_of(const TopicPartitions& partitions) {
  std::size_t size = 0;
  for (const auto& [topic, list] : partitions) size += list.size();
  return size;
}

/// How many partitions stay with who had them.
std::size_t kept(const AssignorCase& group, const GroupAssignment& assignment) {
  std::size_t result = 0;
  auto now = assignment.begin();
  for (const auto& [id, member] : group.members) {
    for (const auto& [topic, list] : *now) {
      const auto before = member.previous.find(topic);
      if (before == member.previous.end()) continue;
      result += static_cast<std::size_t>(std::ranges::count_if(list, [&](PartitionId partition) {
        return std::ranges::binary_search(before->second, partition);
      }));
    }
    ++now;
  }
  return result;
}

/// Every partition of a subscribed topic is somebody's who subscribes to it, once; in order.
void expect_complete(const AssignorCase& group, const GroupAssignment& assignment) {
  ASSERT_EQ(assignment.size(), group.members.size());
  std::map<Uuid, std::set<PartitionId>> owned;
  std::set<Uuid> wanted;
  auto now = assignment.begin();
  for (const auto& [id, member] : group.members) {
    wanted.insert(member.topics.begin(), member.topics.end());
    for (const auto& [topic, list] : *now) {
      EXPECT_TRUE(member.topics.contains(topic)) << id << " did not ask for t" << topic.least();
      EXPECT_FALSE(list.empty());
      EXPECT_TRUE(std::ranges::is_sorted(list));
      for (const PartitionId partition : list) {
        EXPECT_TRUE(owned[topic].insert(partition).second)
            << "t" << topic.least() << "/" << partition.value() << " is assigned twice";
      }
    }
    ++now;
  }
  for (const Uuid& topic : wanted) {
    EXPECT_EQ(owned[topic].size(), static_cast<std::size_t>(group.topics.at(topic)));
  }
}

AssignorCase random_group(Prng& prng, bool equal_subscriptions) {
  AssignorCase group;
  const auto topics = 1 + prng.below(5);
  for (std::uint64_t t = 1; t <= topics; ++t) {
    group.topics[Uuid::of(0, t)] = static_cast<std::int32_t>(prng.below(20));
  }
  const auto members = 1 + prng.below(9);
  for (std::uint64_t m = 0; m < members; ++m) {
    auto& member = group.members["m" + std::to_string(prng.below(100))];
    for (const auto& [topic, count] : group.topics) {
      if (equal_subscriptions || prng.below(2) == 0) member.topics.insert(topic);
    }
    if (prng.below(3) == 0) member.instance_id = "i" + std::to_string(prng.below(1'000'000));
  }
  return group;
}

/// Somebody comes, goes, or a topic grows.
void change(Prng& prng, AssignorCase& group, const GroupAssignment& assignment) {
  auto now = assignment.begin();
  for (auto& [id, member] : group.members) member.previous = *now++;
  switch (prng.below(3)) {
    case 0:
      if (group.members.size() > 1) group.members.erase(group.members.begin());
      return;
    case 1:
      group.members["n" + std::to_string(prng.below(100))].topics =
          group.members.begin()->second.topics;
      return;
    default:
      group.topics.begin()->second += static_cast<std::int32_t>(prng.below(4));
      return;
  }
}

TEST(Assignors, assign_what_apaches_do) {
  scenario::run_directory("src/coordinator/group/consumer/testdata/assignors",
                          []() -> scenario::Handler {
                            return [](const scenario::Command& command) {
                              const AssignorCase group = AssignorCase::parse(command);
                              return group.show(group.assign(find_assignor(command.words.at(0))));
                            };
                          });
}

TEST(Assignors, are_found_by_their_names) {
  EXPECT_EQ(find_assignor("uniform"), &assign_uniformly);
  EXPECT_EQ(find_assignor("range"), &assign_ranges);
  EXPECT_EQ(find_assignor("Range"), nullptr);
}

TEST(Assignors, assign_every_partition_once) {
  for (std::uint64_t seed = 1; seed <= 300 && !testing::Test::HasFailure(); ++seed) {
    Prng prng(seed);
    const Assignor assignor = seed % 2 == 0 ? assign_ranges : assign_uniformly;
    AssignorCase group = random_group(prng, seed % 3 == 0);
    for (int step = 0; step < 8 && !testing::Test::HasFailure(); ++step) {
      const GroupAssignment assignment = group.assign(assignor);
      expect_complete(group, assignment);
      EXPECT_EQ(group.assign(assignor), assignment) << "not the same twice";
      change(prng, group, assignment);
    }
    EXPECT_FALSE(testing::Test::HasFailure()) << "seed " << seed;
  }
}

TEST(UniformAssignor, balances_equal_subscriptions_within_one_partition) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Prng prng(seed);
    AssignorCase group = random_group(prng, true);
    for (int step = 0; step < 8; ++step) {
      const GroupAssignment assignment = group.assign(assign_uniformly);
      const auto [least, most] = std::ranges::minmax(assignment, {}, size_of);
      ASSERT_LE(size_of(most), size_of(least) + 1) << "seed " << seed;
      change(prng, group, assignment);
    }
  }
}

/// What has to move: partitions over somebody's share, and those that nobody had.
TEST(UniformAssignor, moves_no_more_than_balance_asks_for) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Prng prng(seed);
    AssignorCase group = random_group(prng, true);
    for (int step = 0; step < 8; ++step) {
      const GroupAssignment assignment = group.assign(assign_uniformly);
      std::size_t total = 0;
      for (const auto& [topic, count] : group.topics) total += static_cast<std::size_t>(count);
      const std::size_t share = total / group.members.size();
      std::size_t extras = total % group.members.size();
      std::size_t may_stay = 0;
      for (const auto& [id, member] : group.members) {
        const std::size_t had = size_of(member.previous);
        may_stay += std::min(had, share);
        if (had > share && extras > 0) ++may_stay, --extras;
      }
      ASSERT_EQ(kept(group, assignment), may_stay) << "seed " << seed;
      change(prng, group, assignment);
    }
  }
}

TEST(UniformAssignor, keeps_a_balanced_assignment_of_mixed_subscriptions) {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    Prng prng(seed);
    AssignorCase group = random_group(prng, false);
    GroupAssignment assignment = group.assign(assign_uniformly);
    auto now = assignment.begin();
    for (auto& [id, member] : group.members) member.previous = *now++;
    ASSERT_EQ(group.assign(assign_uniformly), assignment) << "seed " << seed;
  }
}

}  // namespace
}  // namespace moldau::coordinator
