#include "metadata/builder.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "metadata/images_test.h"
#include "records/builder.h"

namespace moldau::metadata {
namespace {

const Uuid topic_id = Uuid::of(7, 7);

/// A log that records are appended to one by one.
class Log {
 public:
  Result<> replay(const protocol::MetadataRecord& record) {
    const auto result =
        builder.replay(record, {.offset = next_, .epoch = LeaderEpoch(1), .timestamp = 5});
    ++next_;
    return result;
  }
  void must(const protocol::MetadataRecord& record) {
    const auto result = replay(record);
    EXPECT_TRUE(result) << result.error().to_string();
  }
  void expect_corrupt(const protocol::MetadataRecord& record, const std::string& what) {
    const auto result = replay(record);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Errc::corrupt);
    EXPECT_NE(result.error().context.find(what), std::string::npos) << result.error().to_string();
  }
  ImageBuilder builder;

 private:
  Offset next_{0};
};

protocol::FeatureLevelRecord feature(const char* name, std::int16_t feature_level) {
  protocol::FeatureLevelRecord record;
  record.name = Text::copy(name);
  record.feature_level = feature_level;
  return record;
}
protocol::TopicRecord topic(std::string name, Uuid id = topic_id) {
  protocol::TopicRecord record;
  record.name = Text(std::move(name));
  record.topic_id = id;
  return record;
}
protocol::PartitionRecord partition(std::int32_t id) {
  protocol::PartitionRecord record;
  record.topic_id = topic_id;
  record.partition_id = PartitionId(id);
  record.replicas = {NodeId(1), NodeId(2)};
  record.isr = record.replicas;
  record.leader = NodeId(1);
  record.leader_epoch = LeaderEpoch(0);
  record.partition_epoch = PartitionEpoch(0);
  return record;
}
protocol::PartitionChangeRecord change(std::int32_t id) {
  protocol::PartitionChangeRecord record;
  record.topic_id = topic_id;
  record.partition_id = PartitionId(id);
  return record;
}
protocol::RegisterBrokerRecord broker(std::int32_t id, std::int64_t epoch) {
  protocol::RegisterBrokerRecord record;
  record.broker_id = NodeId(id);
  record.broker_epoch = BrokerEpoch(epoch);
  record.rack.reset();
  return record;
}

TEST(ImageBuilder, records_that_contradict_the_image_are_corrupt) {
  Log log;
  log.expect_corrupt(partition(0), "unknown topic");
  log.expect_corrupt(change(0), "unknown partition");
  protocol::RemoveTopicRecord remove;
  remove.topic_id = topic_id;
  log.expect_corrupt(remove, "unknown topic");
  log.must(topic("a"));
  log.expect_corrupt(topic("a", Uuid::of(8, 8)), "exists already");
  log.expect_corrupt(topic("b"), "exists already");
  log.expect_corrupt(partition(-1), "partition -1");
  log.expect_corrupt(partition(1'000'001), "partition 1000001");
  log.must(partition(0));
  log.expect_corrupt(change(1), "unknown partition");
  auto directories = change(0);
  directories.directories = {topic_id};
  log.expect_corrupt(directories, "1 directories");

  log.must(broker(1, 5));
  protocol::BrokerRegistrationChangeRecord registration;
  registration.broker_id = NodeId(1);
  registration.broker_epoch = BrokerEpoch(4);
  registration.fenced = -1;
  log.expect_corrupt(registration, "not registered");
  registration.broker_epoch = BrokerEpoch(5);
  registration.fenced = 2;
  log.expect_corrupt(registration, "fenced 2");
  protocol::UnregisterBrokerRecord unregister;
  unregister.broker_id = NodeId(1);
  unregister.broker_epoch = BrokerEpoch(6);
  log.expect_corrupt(unregister, "not registered");

  protocol::ProducerIdsRecord ids;
  ids.next_producer_id = ProducerId(1000);
  log.must(ids);
  log.expect_corrupt(ids, "behind 1000");
  log.expect_corrupt(protocol::EndTransactionRecord(), "without a transaction");
  log.expect_corrupt(protocol::AbortTransactionRecord(), "without a transaction");
  log.must(protocol::BeginTransactionRecord());
  log.expect_corrupt(protocol::BeginTransactionRecord(), "within a transaction");
}

TEST(ImageBuilder, a_metadata_version_that_we_do_not_know_is_refused) {
  Log log;
  for (const int unknown : {6, 30, 33}) {
    const auto result = log.replay(feature("metadata.version", static_cast<std::int16_t>(unknown)));
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, Errc::unsupported);
  }
  log.must(feature("metadata.version", 29));
  log.must(feature("feature.of.tomorrow", 3));  // its owner looks at it, and a snapshot keeps it
  log.must(feature("feature.of.yesterday", 1));
  log.must(feature("feature.of.yesterday", 0));
  const auto image = log.builder.build().image;
  EXPECT_EQ(image->metadata_version(), 29);
  EXPECT_EQ(image->feature_level("feature.of.tomorrow"), 3);
  EXPECT_FALSE(image->features.contains("feature.of.yesterday"));
}

TEST(ImageBuilder, a_change_keeps_what_it_does_not_name_and_bumps_epochs) {
  Log log;
  log.must(topic("a"));
  log.must(partition(0));
  auto shrink = change(0);
  shrink.isr = {NodeId(1)};
  log.must(shrink);
  auto built = log.builder.build();
  const auto* after = built.image->partition("a", PartitionId(0));
  EXPECT_EQ(after->isr, std::vector<NodeId>{NodeId(1)});
  EXPECT_EQ(after->leader, NodeId(1));
  EXPECT_EQ(after->leader_epoch, LeaderEpoch(0));
  EXPECT_EQ(after->partition_epoch, PartitionEpoch(1));
  EXPECT_EQ(after->directories, std::vector<Uuid>(2, migrating_directory));

  auto same_leader = change(0);
  same_leader.leader = NodeId(1);
  log.must(same_leader);
  auto grow = change(0);
  grow.replicas = {NodeId(1), NodeId(2), NodeId(3)};
  log.must(grow);
  built = log.builder.build();
  after = built.image->partition("a", PartitionId(0));
  EXPECT_EQ(after->leader_epoch, LeaderEpoch(1));
  EXPECT_EQ(after->partition_epoch, PartitionEpoch(3));
  EXPECT_EQ(after->directories.size(), 3U);
}

TEST(ImageBuilder, the_delta_names_what_changed_and_nothing_else) {
  Log log;
  log.must(topic("a"));
  log.must(partition(0));
  log.must(partition(1));
  log.must(topic("b", Uuid::of(8, 8)));
  auto first = log.builder.build();
  EXPECT_EQ(first.delta.topics.size(), 2U);
  EXPECT_EQ(first.delta.topics.at(topic_id).before, nullptr);
  EXPECT_EQ(first.delta.topics.at(topic_id).partitions.size(), 2U);
  EXPECT_TRUE(log.builder.build().delta.empty());

  auto lead = change(1);
  lead.leader = NodeId(2);
  log.must(lead);
  auto second = log.builder.build();
  ASSERT_EQ(second.delta.topics.size(), 1U);
  const auto& changed = second.delta.topics.at(topic_id);
  EXPECT_EQ(changed.partitions, std::set<PartitionId>{PartitionId(1)});
  EXPECT_EQ(changed.before->partition(PartitionId(1))->leader, NodeId(1));
  EXPECT_EQ(changed.after->partition(PartitionId(1))->leader, NodeId(2));
  // What did not change is shared, and the image before is as it was.
  EXPECT_EQ(changed.before->partitions[0], changed.after->partitions[0]);
  EXPECT_EQ(first.image->partition("a", PartitionId(1))->leader, NodeId(1));

  protocol::RemoveTopicRecord remove;
  remove.topic_id = topic_id;
  log.must(remove);
  log.must(topic("a", Uuid::of(9, 9)));
  const auto third = log.builder.build();
  EXPECT_EQ(third.delta.topics.at(topic_id).after, nullptr);
  EXPECT_EQ(third.delta.topics.at(Uuid::of(9, 9)).before, nullptr);
  EXPECT_EQ(third.image->topic("a")->id, Uuid::of(9, 9));

  // Created and deleted between two builds: nobody ever sees it.
  log.must(topic("short", Uuid::of(10, 10)));
  remove.topic_id = Uuid::of(10, 10);
  log.must(remove);
  EXPECT_TRUE(log.builder.build().delta.topics.empty());
}

TEST(ImageBuilder, a_transaction_shows_when_it_ends_and_never_when_it_is_aborted) {
  Log log;
  log.must(topic("a"));
  log.must(protocol::BeginTransactionRecord());
  EXPECT_EQ(log.builder.transaction_offset(), Offset(1));
  log.must(partition(0));
  log.must(topic("b", Uuid::of(8, 8)));
  log.must(broker(1, 5));
  auto built = log.builder.build();
  EXPECT_EQ(built.image->last_offset, Offset(0));
  EXPECT_EQ(built.image->topic("b"), nullptr);
  EXPECT_EQ(built.image->topic("a")->partition_count(), 0);
  EXPECT_EQ(built.delta.topics.size(), 1U);

  log.must(protocol::AbortTransactionRecord());
  built = log.builder.build();
  EXPECT_EQ(built.image->last_offset, Offset(5));
  EXPECT_EQ(built.image->topic("b"), nullptr);
  EXPECT_TRUE(built.image->brokers.empty());
  EXPECT_TRUE(built.delta.empty());

  log.must(protocol::BeginTransactionRecord());
  log.must(partition(0));
  log.must(topic("b", Uuid::of(8, 8)));
  EXPECT_TRUE(log.builder.build().delta.empty());
  log.must(protocol::EndTransactionRecord());
  built = log.builder.build();
  EXPECT_EQ(built.delta.topics.size(), 2U);
  EXPECT_EQ(built.image->topic("a")->partition_count(), 1);
  EXPECT_NE(built.image->topic("b"), nullptr);
  EXPECT_EQ(log.builder.transaction_offset(), std::nullopt);
}

TEST(ImageBuilder, partitions_may_come_in_any_order) {
  Log log;
  log.must(topic("a"));
  log.must(partition(2));
  auto built = log.builder.build();
  EXPECT_EQ(built.image->topic("a")->partition_count(), 3);
  EXPECT_TRUE(built.image->partition("a", PartitionId(0))->replicas.empty());
  log.must(partition(0));
  log.must(partition(1));
  built = log.builder.build();
  EXPECT_EQ(built.image->partition("a", PartitionId(0))->replicas.size(), 2U);
}

TEST(ImageBuilder, settings_of_a_topic_go_with_it) {
  Log log;
  log.must(topic("a"));
  protocol::ConfigRecord config;
  config.resource_type = 2;
  config.resource_name = "a";
  config.name = "retention.ms";
  config.value = Text("5");
  log.must(config);
  EXPECT_EQ(log.builder.build().image->config(ResourceType::topic, "a").size(), 1U);
  protocol::RemoveTopicRecord remove;
  remove.topic_id = topic_id;
  log.must(remove);
  const auto built = log.builder.build();
  EXPECT_TRUE(built.image->configs.empty());
  EXPECT_EQ(built.delta.configs.size(), 1U);
}

TEST(ImageBuilder, a_null_value_removes_a_setting) {
  Log log;
  protocol::ConfigRecord config;
  config.resource_type = 4;
  config.name = "log.retention.ms";
  config.value = Text("5");
  log.must(config);
  config.value.reset();
  log.must(config);
  EXPECT_TRUE(log.builder.build().image->configs.empty());
}

TEST(ImageBuilder, eligible_leader_replicas_are_cleared_for_one_topic_or_all) {
  Log log;
  log.must(topic("a"));
  auto record = partition(0);
  record.eligible_leader_replicas = {NodeId(2)};
  record.last_known_elr = {NodeId(1)};
  log.must(record);
  log.must(protocol::ClearElrRecord());
  const auto built = log.builder.build();
  const auto* cleared = built.image->partition("a", PartitionId(0));
  EXPECT_TRUE(cleared->eligible_leader_replicas.empty());
  EXPECT_TRUE(cleared->last_known_elr.empty());
  EXPECT_EQ(cleared->partition_epoch, PartitionEpoch(0));
  protocol::ClearElrRecord unknown;
  unknown.topic_name = "nope";
  log.expect_corrupt(unknown, "unknown topic");
}

TEST(ImageBuilder, a_broken_batch_is_an_error_with_its_reason) {
  records::BatchBuilder batch({.base_offset = Offset(4), .leader_epoch = LeaderEpoch(1)});
  batch.append({.timestamp = 1, .value = std::nullopt});
  const SharedBytes no_value = std::move(batch).build();
  ImageBuilder builder;
  EXPECT_EQ(builder.replay_batch(*records::BatchView::parse(no_value.bytes())).error().code,
            Errc::corrupt);

  const std::vector<std::uint8_t> unknown{1, 99, 0, 0};
  records::BatchBuilder other({.base_offset = Offset(4), .leader_epoch = LeaderEpoch(1)});
  other.append({.timestamp = 1, .value = Bytes(unknown)});
  const SharedBytes unknown_type = std::move(other).build();
  EXPECT_EQ(builder.replay_batch(*records::BatchView::parse(unknown_type.bytes())).error().code,
            Errc::unsupported);
}

TEST(ImageBuilder, one_more_topic_among_many_shares_all_the_others) {
  Log log;
  for (std::uint64_t i = 0; i < 10'000; ++i) {
    log.must(topic(fmt::format("topic-{}", i), Uuid::of(1, i)));
  }
  const auto before = log.builder.build().image;
  log.must(topic("one-more"));
  const auto after = log.builder.build().image;
  EXPECT_EQ(before->topics_by_name.size(), 10'000U);
  EXPECT_EQ(after->topics_by_name.size(), 10'001U);
  EXPECT_EQ(before->topics_by_name.find("topic-4711")->get(),
            after->topics_by_name.find("topic-4711")->get());
}

}  // namespace
}  // namespace moldau::metadata
