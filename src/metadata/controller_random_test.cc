#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "metadata/controller.h"
#include "metadata/image_records.h"
#include "metadata/images_test.h"

/// A controller under random requests of five brokers, with time that passes, failovers and lost
/// leadership. After every step the image is checked.
namespace moldau::metadata {
namespace {

class NoConfigs : public ConfigPolicy {
 public:
  std::optional<std::string> reject_topic_config(const ConfigValues&) const override {
    return std::nullopt;
  }
  std::optional<std::string> reject_broker_config(
      const Image&, std::string_view, const ConfigValues&,
      const std::set<std::string, std::less<>>&) const override {
    return std::nullopt;
  }
  std::optional<std::string> reject_group_config(const Image&, const ConfigValues&) const override {
    return std::nullopt;
  }
  std::optional<std::string> list_default(ResourceType, std::string_view) const override {
    return std::nullopt;
  }
  std::vector<EffectiveConfig> effective_topic_configs(const Image&,
                                                       const ConfigValues&) const override {
    return {};
  }
  std::string effective_topic_config(const Image&, std::string_view,
                                     std::string_view key) const override {
    return key == "min.insync.replicas" ? "2" : "false";
  }
};

enum class Elr : std::uint8_t { off, on };

class World {
 public:
  World(std::uint64_t seed, Elr elr) : elr_(elr), prng_(seed), controller_(config(elr), policy_) {
    activate();
  }

  void step() {
    now_ += milliseconds(static_cast<std::int64_t>(prng_.below(2'000)));
    const auto id = static_cast<std::int32_t>(prng_.below(5));
    switch (prng_.below(14)) {
      case 0:
        register_broker(id);
        break;
      case 1:
        create();
        break;
      case 2:
        remove();
        break;
      case 3:
        alter_partition();
        break;
      case 4:
        lose_leadership();
        break;
      case 5:
        committed_ = controller_.image();
        break;
      case 6:
        finish(controller_.tick(context()));
        break;
      case 7:
        elect();
        break;
      case 8:
        if (prng_.chance(100'000)) unregister(id);
        break;
      default:
        heartbeat(id);
        break;
    }
  }

 private:
  static ControllerConfig config(Elr elr) {
    ControllerConfig config;
    config.cluster_id = "C";
    config.bootstrap.push_back(feature_record(metadata_version_feature, level::kafka_4_2));
    if (elr == Elr::on) config.bootstrap.push_back(feature_record(elr_version_feature, 1));
    return config;
  }
  Context context() {
    return {.now = now_, .next_offset = next_offset_, .prng = prng_, .fresh_uuid = fresh_uuid_};
  }

  template <class Reply>
  void finish(Step<Reply> step) {
    if (!step.records.empty()) {
      const auto before = controller_.image();
      const auto applied = controller_.apply(step.records, next_offset_, LeaderEpoch(epoch_), 0);
      ASSERT_TRUE(applied) << applied.error().to_string();
      next_offset_ += static_cast<std::int64_t>(step.records.size());
      check_epochs(*before, *controller_.image());
    }
    check(*controller_.image());
  }

  void activate() {
    ++epoch_;
    next_offset_ = controller_.image()->last_offset + 1;
    finish(controller_.activate(context(), LeaderEpoch(epoch_)));
  }
  void lose_leadership() {
    if (!committed_) return;
    controller_.deactivate(committed_);
    activate();
  }

  void register_broker(std::int32_t id) {
    protocol::BrokerRegistrationRequest request;
    request.broker_id = NodeId(id);
    request.cluster_id = "C";
    request.incarnation_id = fresh_uuid_();
    request.features.push_back({"metadata.version", 7, level::kafka_4_2});
    request.features.push_back({"eligible.leader.replicas.version", 0, 1});
    request.rack.reset();
    request.log_dirs = {Uuid::of(0, 200 + static_cast<std::uint64_t>(id))};
    const auto* known = controller_.image()->broker(NodeId(id));
    if (known != nullptr && prng_.chance(500'000)) request.previous_broker_epoch = known->epoch;
    finish(controller_.register_broker(context(), request));
  }

  void elect() {
    protocol::ElectLeadersRequest request;
    request.election_type = static_cast<std::int8_t>(prng_.below(2));
    request.topic_partitions.reset();
    finish(controller_.elect_leaders(context(), request));
  }
  void unregister(std::int32_t id) {
    finish(controller_.unregister_broker(context(), {.broker_id = NodeId(id)}));
  }

  void heartbeat(std::int32_t id) {
    const auto* known = controller_.image()->broker(NodeId(id));
    if (known == nullptr) return;
    protocol::BrokerHeartbeatRequest request;
    request.broker_id = NodeId(id);
    request.broker_epoch = known->epoch;
    request.current_metadata_offset = next_offset_ - static_cast<std::int64_t>(prng_.below(20));
    request.want_fence = prng_.chance(100'000);
    // Who wants to go does not change its mind.
    if (prng_.chance(100'000)) leaving_.insert(known->epoch);
    request.want_shut_down = leaving_.contains(known->epoch);
    finish(controller_.broker_heartbeat(context(), request));
  }

  void create() {
    protocol::CreateTopicsRequest request;
    auto& topic = request.topics.emplace_back();
    topic.name = Text(fmt::format("t{}", prng_.below(8)));
    topic.num_partitions = static_cast<std::int32_t>(1 + prng_.below(4));
    topic.replication_factor = static_cast<std::int16_t>(1 + prng_.below(3));
    finish(controller_.create_topics(context(), request));
  }
  void remove() {
    if (!prng_.chance(300'000)) return;
    protocol::DeleteTopicsRequest request;
    request.topics.push_back({Text(fmt::format("t{}", prng_.below(8))), {}});
    finish(controller_.delete_topics(context(), request));
  }

  /// The leader of a random partition asks for a random subset of the replicas.
  void alter_partition() {
    const auto* topic = controller_.image()->topic(fmt::format("t{}", prng_.below(8)));
    if (topic == nullptr) return;
    const PartitionId id(static_cast<std::int32_t>(
        prng_.below(static_cast<std::uint64_t>(topic->partition_count()))));
    const auto& partition = *topic->partition(id);
    const auto* leader = controller_.image()->broker(partition.leader);
    if (leader == nullptr) return;
    protocol::AlterPartitionRequest request;
    request.broker_id = leader->id;
    request.broker_epoch = leader->epoch;
    auto& wanted = request.topics.emplace_back();
    wanted.topic_id = topic->id;
    auto& change = wanted.partitions.emplace_back();
    change.partition_index = id;
    change.leader_epoch = partition.leader_epoch;
    change.partition_epoch = partition.partition_epoch;
    for (const NodeId replica : partition.replicas) {
      if (replica == partition.leader || prng_.chance(600'000)) {
        change.new_isr_with_epochs.push_back({replica, BrokerEpoch(-1)});
      }
    }
    finish(controller_.alter_partition(context(), request, 3));
  }

  void check(const Image& image) const {
    for (const auto& [id, topic] : image.topics_by_id) {
      EXPECT_EQ(image.topic(topic->name), topic.get());
      for (const auto& partition : topic->partitions) {
        if (elr_ == Elr::off) EXPECT_FALSE(partition->isr.empty());
        for (const NodeId member : partition->isr) EXPECT_TRUE(partition->has_replica(member));
        EXPECT_EQ(partition->directories.size(), partition->replicas.size());
        if (partition->leader != no_node) {
          EXPECT_TRUE(partition->in_isr(partition->leader));
          EXPECT_TRUE(image.is_active(partition->leader)) << partition->leader.value();
        }
        const bool could_lead = std::ranges::any_of(
            partition->isr, [&](NodeId member) { return image.is_active(member); });
        EXPECT_EQ(could_lead, partition->leader != no_node) << topic->name;
      }
    }
    EXPECT_EQ(image.topics_by_name.size(), image.topics_by_id.size());
  }

  static void check_epochs(const Image& before, const Image& after) {
    for (const auto& [id, change] : difference(before, after).topics) {
      if (change.before == nullptr || change.after == nullptr) continue;
      for (const PartitionId partition : change.partitions) {
        const auto* old = change.before->partition(partition);
        const auto* now = change.after->partition(partition);
        if (old == nullptr) continue;
        EXPECT_GT(now->partition_epoch, old->partition_epoch);
        EXPECT_EQ(now->leader_epoch > old->leader_epoch, now->leader != old->leader);
      }
    }
  }

  Elr elr_;
  NoConfigs policy_;
  Prng prng_;
  Controller controller_;
  ImagePtr committed_;
  std::set<BrokerEpoch> leaving_;
  std::int32_t epoch_{0};
  Offset next_offset_{0};
  MonoTime now_{};
  std::uint64_t last_uuid_{0};
  std::function<Uuid()> fresh_uuid_{[this] { return Uuid::of(1, ++last_uuid_); }};
};

TEST(ControllerRandom, leaders_are_alive_and_in_sync_whatever_happens) {
  for (const Elr elr : {Elr::off, Elr::on}) {
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
      SCOPED_TRACE(fmt::format("seed {} elr {}", seed, elr == Elr::on));
      World world(seed, elr);
      for (int i = 0; i < 500; ++i) {
        world.step();
        if (::testing::Test::HasFailure()) return;
      }
    }
  }
}

}  // namespace
}  // namespace moldau::metadata
