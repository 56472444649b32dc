#include "coordinator/group/consumer/metadata_hash.h"

#include <gtest/gtest.h>

#include "coordinator/group/consumer/topics_test.h"

namespace moldau::coordinator {
namespace {

/// The numbers are those of hash4j 0.22, fed as Kafka feeds it.
TEST(MetadataHash, is_kafkas) {
  TestTopics topics;
  topics.put("t1", {.id = Uuid::of(0, 1), .partitions = 2, .racks = {{"r2", "r1"}, {}}});
  topics.put("té😀", {.id = Uuid::of(0x0102030405060708, static_cast<std::uint64_t>(-2)),
                      .partitions = 1,
                      .racks = {{"ré"}}});
  const auto t1 = topic_hash(*topics.find("t1"), topics);
  const auto other = topic_hash(*topics.find("té😀"), topics);
  EXPECT_EQ(static_cast<std::int64_t>(t1), 5339852446517198313);
  EXPECT_EQ(static_cast<std::int64_t>(other), -1837595962633502524);
  EXPECT_EQ(group_hash({{"t1", t1}, {"té😀", other}}), 6461345943968996155);
  EXPECT_EQ(group_hash({{"t1", t1}}), 5624703645656941207);
  EXPECT_EQ(group_hash({}), 0);
}

TEST(MetadataHash, is_computed_again_when_it_was_forgotten) {
  TestTopics topics;
  topics.put("t1", {.id = Uuid::of(0, 1), .partitions = 1, .racks{}});
  TopicHashes hashes;
  const auto before = hashes.of(*topics.find("t1"), topics);
  topics.put("t1", {.id = Uuid::of(0, 1), .partitions = 2, .racks{}});
  EXPECT_EQ(hashes.of(*topics.find("t1"), topics), before);
  hashes.forget("t1");
  EXPECT_NE(hashes.of(*topics.find("t1"), topics), before);
}

}  // namespace
}  // namespace moldau::coordinator
