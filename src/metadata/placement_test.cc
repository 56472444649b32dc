#include "metadata/placement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

namespace moldau::metadata {
namespace {

std::vector<UsableBroker> brokers(int count, int racks) {
  std::vector<UsableBroker> result;
  for (int i = 0; i < count; ++i) {
    result.push_back({.id = NodeId(i),
                      .rack = racks == 0 ? std::nullopt : std::optional(std::to_string(i % racks)),
                      .fenced = false});
  }
  return result;
}

TEST(Placement, what_can_not_be_is_refused) {
  Prng prng(1);
  EXPECT_FALSE(place_replicas(brokers(3, 0), 1, 0, prng));
  EXPECT_FALSE(place_replicas(brokers(3, 0), 1, 4, prng));
  EXPECT_FALSE(place_replicas({}, 1, 1, prng));
  auto fenced = brokers(2, 0);
  for (auto& broker : fenced) broker.fenced = true;
  EXPECT_EQ(place_replicas(fenced, 1, 1, prng).error(), "All brokers are currently fenced.");
}

TEST(Placement, replicas_of_a_partition_are_on_different_brokers_and_racks) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Prng prng(seed);
    const auto placed = place_replicas(brokers(9, 3), 30, 3, prng);
    ASSERT_TRUE(placed);
    for (const auto& replicas : *placed) {
      std::set<int> racks;
      for (const NodeId id : replicas) racks.insert(id.value() % 3);
      EXPECT_EQ(racks.size(), 3U);
    }
  }
}

TEST(Placement, leaders_and_replicas_are_spread_evenly) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Prng prng(seed);
    const auto placed = place_replicas(brokers(5, 0), 100, 3, prng);
    ASSERT_TRUE(placed);
    std::map<NodeId, int> leaders;
    std::map<NodeId, int> replicas;
    for (const auto& partition : *placed) {
      ++leaders[partition.front()];
      for (const NodeId id : partition) ++replicas[id];
      EXPECT_EQ(std::set<NodeId>(partition.begin(), partition.end()).size(), 3U);
    }
    for (int i = 0; i < 5; ++i) {
      EXPECT_EQ(leaders[NodeId(i)], 20);
      EXPECT_EQ(replicas[NodeId(i)], 60);
    }
  }
}

TEST(Placement, a_fenced_broker_never_leads_and_is_taken_last) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Prng prng(seed);
    auto some = brokers(4, 0);
    some[2].fenced = true;
    const auto placed = place_replicas(some, 20, 3, prng);
    ASSERT_TRUE(placed);
    for (const auto& replicas : *placed) {
      EXPECT_EQ(std::ranges::find(replicas, NodeId(2)), replicas.end());
    }
    const auto all = place_replicas(some, 20, 4, prng);
    ASSERT_TRUE(all);
    for (const auto& replicas : *all) EXPECT_EQ(replicas.back(), NodeId(2));
  }
}

}  // namespace
}  // namespace moldau::metadata
