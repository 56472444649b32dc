#include "broker/group_coordinators.h"

#include <algorithm>
#include <cctype>

#include "broker/broker.h"
#include "broker/image_topics.h"
#include "broker/internal_topics.h"

namespace moldau::broker {

using protocol::ErrorCode;

namespace {

/// At a shard that is loading.
constexpr Duration look_again_after = milliseconds(50);

coordinator::MigrationPolicy migration_policy(std::string text) {
  using coordinator::MigrationPolicy;
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  if (text == "disabled") return MigrationPolicy::disabled;
  if (text == "upgrade") return MigrationPolicy::upgrade;
  return text == "downgrade" ? MigrationPolicy::downgrade : MigrationPolicy::bidirectional;
}

coordinator::GroupsConfig groups_config(const StaticConfig& p) {
  const auto int32 = [&p](std::string_view key) {
    return static_cast<std::int32_t>(p.integer(key));
  };
  return {
      .group_min_session_timeout_ms = int32("group.min.session.timeout.ms"),
      .group_max_session_timeout_ms = int32("group.max.session.timeout.ms"),
      .group_initial_rebalance_delay_ms = int32("group.initial.rebalance.delay.ms"),
      .group_max_size = int32("group.max.size"),
      .offset_metadata_max_bytes = int32("offset.metadata.max.bytes"),
      .offsets_retention_ms = p.integer("offsets.retention.minutes") * 60'000,
      .offsets_retention_check_interval_ms = p.integer("offsets.retention.check.interval.ms"),
      .consumer_session_timeout_ms = int32("group.consumer.session.timeout.ms"),
      .consumer_heartbeat_interval_ms = int32("group.consumer.heartbeat.interval.ms"),
      .consumer_assignment_interval_ms = int32("group.consumer.assignment.interval.ms"),
      .consumer_max_size = int32("group.consumer.max.size"),
      .consumer_assignors = p.list("group.consumer.assignors"),
      .consumer_migration_policy = migration_policy(p.text("group.consumer.migration.policy")),
      .consumer_regex_refresh_interval_ms = p.integer("group.consumer.regex.refresh.interval.ms")};
}

/// One step of String.hashCode.
void add_code_unit(std::uint32_t& hash, std::uint32_t unit) {
  hash = 31 * hash + unit;
}

/// The code point at the front of `text`, which it takes off; U+FFFD for a byte that is no UTF-8,
/// as Java decodes it.
std::uint32_t take_code_point(std::string_view& text) {
  const auto byte = [&text](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = byte(0);
  std::size_t more = 0;
  std::uint32_t point = first;
  if (first >= 0xC2 && first <= 0xDF) {
    more = 1;
    point = first & 0x1FU;
  } else if (first >= 0xE0 && first <= 0xEF) {
    more = 2;
    point = first & 0x0FU;
  } else if (first >= 0xF0 && first <= 0xF4) {
    more = 3;
    point = first & 0x07U;
  }
  constexpr std::uint32_t replacement = 0xFFFD;
  bool whole = (first < 0x80 || more > 0) && text.size() > more;
  for (std::size_t i = 1; whole && i <= more; ++i) {
    whole = (byte(i) & 0xC0U) == 0x80;
    point = point << 6 | (byte(i) & 0x3FU);
  }
  text.remove_prefix(whole ? more + 1 : 1);
  return whole ? point : replacement;
}

std::uint32_t java_hash(std::string_view text) {
  std::uint32_t hash = 0;
  while (!text.empty()) {
    const std::uint32_t point = take_code_point(text);
    if (point < 0x10000) {
      add_code_unit(hash, point);
    } else {  // a surrogate pair
      add_code_unit(hash, 0xD800 + ((point - 0x10000) >> 10));
      add_code_unit(hash, 0xDC00 + ((point - 0x10000) & 0x3FF));
    }
  }
  return hash;
}

}  // namespace

bool has_consumer_protocol(const metadata::Image& image) {
  return image.feature_level(metadata::group_version_feature) >= 1;
}

PartitionId coordinator_partition(std::string_view key, std::int32_t partitions) {
  const auto hash = static_cast<std::int32_t>(java_hash(key));
  const std::int32_t positive = hash == INT32_MIN ? 0 : std::abs(hash);
  return PartitionId(positive % partitions);
}

GroupCoordinators::GroupCoordinators(Broker& broker, env::Worker& worker)
    : broker_(broker), worker_(worker), scope_(worker) {}

GroupCoordinators::~GroupCoordinators() = default;

void GroupCoordinators::apply(const metadata::Image& image, const metadata::Delta& delta) {
  const auto* topic = image.topic(consumer_offsets_topic);
  Shards old;
  {
    const env::Lock lock(mutex_);
    old = shards_;  // look-ups go on
    if (topic == nullptr) shards_.clear();
  }
  if (topic != nullptr) follow(*topic, old);
  for (const auto& [id, shard] : old) shard->close();
  for (const auto& [id, change] : delta.topics) {
    if (change.before != nullptr && change.after == nullptr) forget_offsets(*change.before);
  }
  if (!delta.topics.empty()) tell_of_topics(image, delta);
}

/// Keeps the shards of partitions that it still leads in the same epoch, and makes new ones.
void GroupCoordinators::follow(const metadata::Topic& topic, Shards& old) {
  Shards shards;
  for (std::int32_t index = 0; index < topic.partition_count(); ++index) {
    const PartitionId id(index);
    auto partition = broker_.partitions().find(topic.name, id);
    if (partition == nullptr || !partition->is_leader()) continue;
    const auto epoch = partition->leader_epoch();
    const auto found = old.find(id);
    if (found != old.end() && found->second->partition() == partition &&
        found->second->epoch() == epoch) {
      shards.insert(old.extract(found));
      continue;
    }
    auto make = [this] {
      return std::make_unique<coordinator::Groups>(groups_config(broker_.config().properties));
    };
    auto topics = [this] {
      return std::make_shared<ImageTopics>(broker_.image(), broker_.topic_configs());
    };
    auto observe = [this](std::span<const coordinator::GroupEvent> events) {
      history_.add(broker_.env().clock().wall(), events);
    };
    auto shard =
        std::make_shared<GroupShard>(broker_.env(), worker_, std::move(partition), epoch,
                                     std::move(make), std::move(topics), std::move(observe));
    scope_.spawn(shard->run());
    shards.emplace(id, std::move(shard));
  }
  const env::Lock lock(mutex_);
  shards_ = std::move(shards);
}

namespace {

/// The shard may be loading for so long that the name is another topic's by then.
env::Task<> forget_in(std::shared_ptr<GroupShard> shard, env::Worker& worker, std::string topic,
                      Uuid topic_id) {
  auto decide = [&topic, &topic_id](coordinator::Groups& groups, const coordinator::Context& now,
                                    coordinator::ReplyId) {
    return groups.on_topic_deleted(now, topic, topic_id);
  };
  while (true) {
    const auto done = co_await shard->request<coordinator::Nothing>(worker, decide);
    if (done || done.error() != ErrorCode::coordinator_load_in_progress) co_return;
    if (!co_await env::sleep_until(worker, worker.now() + look_again_after)) co_return;
  }
}

}  // namespace

void GroupCoordinators::forget_offsets(const metadata::Topic& topic) {
  for (auto& shard : all()) {
    scope_.spawn(forget_in(std::move(shard), worker_, topic.name, topic.id));
  }
}

namespace {

/// A shard that is loading looks at all topics anyway, when it has loaded.
env::Task<> tell_in(std::shared_ptr<GroupShard> shard, env::Worker& worker,
                    std::vector<std::string> names, std::optional<std::int64_t> with_new) {
  auto decide = [&names, with_new](coordinator::Groups& groups, const coordinator::Context&,
                                   coordinator::ReplyId) {
    groups.on_topics_changed(names, with_new);
    return coordinator::GroupStep<coordinator::Nothing>{.reply = coordinator::Nothing{}};
  };
  co_await shard->request<coordinator::Nothing>(worker, decide);
}

}  // namespace

void GroupCoordinators::tell_of_topics(const metadata::Image& image, const metadata::Delta& delta) {
  std::vector<std::string> names;
  std::optional<std::int64_t> with_new;
  for (const auto& [id, change] : delta.topics) {
    names.push_back((change.after != nullptr ? change.after : change.before)->name);
    if (change.before == nullptr) with_new = image.last_offset.value();
  }
  for (auto& shard : all()) scope_.spawn(tell_in(std::move(shard), worker_, names, with_new));
}

env::Task<> GroupCoordinators::stop() {
  for (const auto& shard : all()) shard->close();
  co_await scope_.stop();
}

std::expected<std::shared_ptr<GroupShard>, ErrorCode> GroupCoordinators::find(
    const metadata::Image& image, std::string_view group) const {
  const auto* topic = image.topic(consumer_offsets_topic);
  if (topic == nullptr || topic->partition_count() == 0) {
    return std::unexpected(ErrorCode::coordinator_not_available);
  }
  const auto id = coordinator_partition(group, topic->partition_count());
  const env::Lock lock(mutex_);
  const auto found = shards_.find(id);
  if (found == shards_.end()) return std::unexpected(ErrorCode::not_coordinator);
  return found->second;
}

std::vector<std::shared_ptr<GroupShard>> GroupCoordinators::all() const {
  const env::Lock lock(mutex_);
  std::vector<std::shared_ptr<GroupShard>> result;
  result.reserve(shards_.size());
  for (const auto& [id, shard] : shards_) result.push_back(shard);
  return result;
}

std::size_t GroupCoordinators::metadata_room() const {
  std::size_t taken = 0;
  for (const auto& shard : all()) {
    const auto bytes = shard->look(
        [](const coordinator::Groups& groups) { return groups.member_metadata_bytes(); });
    taken += bytes.value_or(0);
  }
  const std::size_t limit = broker_.config().request_memory_bytes;
  return taken < limit ? limit - taken : 0;
}

}  // namespace moldau::broker
