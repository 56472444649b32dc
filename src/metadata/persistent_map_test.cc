#include "metadata/persistent_map.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "base/prng.h"

namespace moldau::metadata {
namespace {

using Map = PersistentMap<int, std::string>;

std::map<int, std::string> contents(const Map& map) {
  std::map<int, std::string> result;
  int last = -1;
  for (const auto& [key, value] : map) {
    EXPECT_LT(last, key);
    last = key;
    result.emplace(key, value);
  }
  return result;
}

TEST(PersistentMap, does_what_a_map_does_under_random_changes) {
  Prng prng(1);
  Map map;
  std::map<int, std::string> model;
  for (int i = 0; i < 20'000; ++i) {
    const int key = static_cast<int>(prng.below(500));
    if (prng.chance(600'000)) {
      map.insert(key, std::to_string(i));
      model.insert_or_assign(key, std::to_string(i));
    } else {
      EXPECT_EQ(map.erase(key), model.erase(key) == 1);
    }
    EXPECT_EQ(map.size(), model.size());
    if (i % 500 == 0) EXPECT_EQ(contents(map), model);
  }
  EXPECT_EQ(contents(map), model);
}

TEST(PersistentMap, a_copy_keeps_what_it_had) {
  Map map;
  for (int i = 0; i < 100; ++i) map.insert(i, "old");
  const Map before = map;
  map.insert(50, "new");
  map.erase(51);
  map.insert(1000, "more");
  EXPECT_EQ(before.size(), 100U);
  EXPECT_EQ(*before.find(50), "old");
  EXPECT_TRUE(before.contains(51));
  EXPECT_FALSE(before.contains(1000));
  EXPECT_EQ(*map.find(50), "new");
  EXPECT_FALSE(map.shares_all_with(before));
}

TEST(PersistentMap, stays_balanced_when_keys_come_in_order) {
  Map map;
  // The iterator's path is limited to the height of a balanced tree: this would abort in a list.
  for (int i = 0; i < 5000; ++i) map.insert(i, {});
  int expected = 0;
  for (const auto& entry : map) EXPECT_EQ(entry.first, expected++);
  EXPECT_EQ(expected, 5000);
  for (int i = 0; i < 5000; ++i) EXPECT_TRUE(map.erase(i));
  EXPECT_TRUE(map.empty());
}

TEST(PersistentMap, lower_bound_starts_at_the_first_key_not_below) {
  Map map;
  for (const int key : {10, 20, 30, 40}) map.insert(key, {});
  std::vector<int> keys;
  for (auto it = map.lower_bound(15); it != map.end(); ++it) keys.push_back(it->first);
  EXPECT_EQ(keys, (std::vector<int>{20, 30, 40}));
  EXPECT_EQ(map.lower_bound(20)->first, 20);
  EXPECT_EQ(map.lower_bound(41), map.end());
}

TEST(PersistentMap, many_sorted_entries_at_once_are_as_if_inserted_one_by_one) {
  Prng prng(3);
  for (int round = 0; round < 200; ++round) {
    Map map;
    std::map<int, std::string> model;
    for (int i = 0; i < 40; ++i) {
      const int key = static_cast<int>(prng.below(200));
      map.insert(key, "old");
      model.insert_or_assign(key, "old");
    }
    std::map<int, std::string> more;
    const auto count = prng.below(60);
    for (std::uint64_t i = 0; i < count; ++i) more[static_cast<int>(prng.below(200))] = "new";
    map.insert_sorted({more.begin(), more.end()});
    for (const auto& [key, value] : more) model.insert_or_assign(key, value);
    EXPECT_EQ(contents(map), model);
    EXPECT_EQ(map.size(), model.size());
    for (const auto& [key, value] : model) EXPECT_EQ(*map.find(key), value);
  }
}

TEST(PersistentMap, erasing_what_is_not_there_changes_nothing) {
  Map map;
  map.insert(1, "one");
  const Map before = map;
  EXPECT_FALSE(map.erase(2));
  EXPECT_TRUE(map.shares_all_with(before));
}

}  // namespace
}  // namespace moldau::metadata
