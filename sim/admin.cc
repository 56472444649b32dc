#include "sim/admin.h"

#include <algorithm>

#include "protocol/messages/alter_replica_log_dirs.h"
#include "protocol/messages/create_partitions.h"
#include "protocol/messages/create_topics.h"
#include "protocol/messages/delete_records.h"
#include "protocol/messages/delete_topics.h"
#include "protocol/messages/metadata.h"

namespace moldau::sim {

using protocol::ErrorCode;

namespace {
constexpr Duration timeout = std::chrono::seconds(5);
constexpr Duration backoff = milliseconds(30);
constexpr std::int64_t think_ms_max = 150;
constexpr int partitions_max = 6;
constexpr std::int16_t create_topics_version = 7;  // the first that answers topic ids
constexpr std::int16_t metadata_version = 12;
constexpr std::int16_t delete_topics_by_id_version = 6;

bool is_ours(std::string_view topic) {
  return !topic.starts_with("__");
}
}  // namespace

Admin::Admin(Bench& bench, int actor)
    : bench_(bench),
      actor_(actor),
      prng_(Prng(bench.scenario.seed).split(fmt::format("actor-{}", actor))),
      connection_(bench, actor, timeout) {}

env::Task<> Admin::run() {
  while (true) {
    resting_ = !bench_.consuming && !creating_ && !deleting_;
    const auto done = resting_ ? co_await bench_.pause(backoff) : co_await turn();
    if (!done && done.error().code == Errc::cancelled) co_return;
  }
}

env::Task<Result<>> Admin::turn() {
  if (creating_) {
    if (!CO_TRY(co_await create(*creating_))) co_return co_await bench_.pause(backoff);
    creating_.reset();
  }
  if (deleting_) {
    if (!CO_TRY(co_await remove(*deleting_))) co_return co_await bench_.pause(backoff);
    free_names_.insert(bench_.history.catalog().at(*deleting_).name);
    deleting_.reset();
  }
  const bool at_first = created_ < static_cast<std::size_t>(bench_.scenario.first_topics);
  if (!at_first) CO_TRY(co_await bench_.pause(milliseconds(prng_.between(1, think_ms_max))));
  if (!bench_.consuming) co_return Result<>();
  if (at_first || prng_.chance(250'000)) co_return co_await create_next();
  const auto topic = choose_topic();
  if (topic && prng_.chance(bench_.scenario.deletions_per_million)) {
    co_return co_await begin_deletion(*topic);
  }
  const bool may_trim = topic && bench_.history.catalog().is_trimmed(*topic) &&
                        !bench_.scenario.names_are_reused;  // it goes by name
  if (may_trim && prng_.chance(300'000)) co_return co_await delete_records(*topic);
  if (topic && prng_.chance(150'000)) co_return co_await add_partitions(*topic);
  const bool may_move = topic && bench_.scenario.directories > 1;
  if (may_move && prng_.chance(300'000)) co_return co_await move_replica(*topic);
  co_return co_await look();
}

std::optional<int> Admin::choose_topic() {
  const auto& catalog = bench_.history.catalog();
  if (catalog.size() == 0) return std::nullopt;
  const auto topic = static_cast<int>(prng_.below(static_cast<std::uint64_t>(catalog.size())));
  return catalog.is_safe(topic) ? std::optional(topic) : std::nullopt;
}

env::Task<Result<>> Admin::create_next() {
  const auto& topics = bench_.scenario.topics;
  if (created_ < topics.size()) {
    creating_ = topics[created_++];
  } else if (bench_.scenario.names_are_reused && !free_names_.empty()) {
    const std::string& name = *free_names_.begin();
    creating_ = plan_for(name);
    creating_->name = name;
    free_names_.erase(free_names_.begin());
  }
  co_return Result<>();
}

/// The name says what it is.
TopicPlan Admin::plan_for(const std::string& reused_name) {
  const auto& topics = bench_.scenario.topics;
  TopicPlan plan = topics[prng_.below(topics.size())];
  const auto same = std::ranges::find(topics, reused_name, &TopicPlan::name);
  const bool is_plain = !plan.retention && !is_compacted(plan.name) &&
                        (same == topics.end() || !same->retention) && !is_compacted(reused_name);
  if (!is_plain && same != topics.end()) return *same;
  if (!is_plain) plan.configs.clear();  // for one of the auditor's
  return plan;
}

env::Task<Result<bool>> Admin::create(const TopicPlan& plan) {
  protocol::CreateTopicsRequest request;
  request.timeout_ms = 30'000;
  auto& topic = request.topics.emplace_back();
  topic.name = Text::copy(plan.name);
  topic.num_partitions = plan.partitions;
  topic.replication_factor = 1;
  for (const auto& [key, value] : plan.configs) {
    auto& config = topic.configs.emplace_back();
    config.name = Text::copy(key);
    config.value = Text::copy(value);
  }
  const MonoTime sent_at = bench_.now();
  const auto answer = CO_TRY(co_await connection_.call<protocol::CreateTopicsResponse>(
      std::move(request), create_topics_version));
  if (answer->topics.size() != 1) {
    bench_.history.add(AnswerImpossible{bench_.now(), "CreateTopics does not name the topic"});
    co_return false;
  }
  const auto& created = answer->topics[0];
  auto& catalog = bench_.history.catalog();
  if (created.error_code == ErrorCode::none) {
    const int number = catalog.find_or_add(created.topic_id, plan.name);
    bench_.history.add(TopicCreated{bench_.now(), number, plan.partitions});
    co_return true;
  }
  if (created.error_code != ErrorCode::topic_already_exists) {
    failed(sent_at, "CreateTopics", created.error_code);
    co_return false;
  }
  // An earlier attempt has made it, and its answer was lost. Metadata tells its id.
  CO_TRY(co_await look());
  for (int number = catalog.size() - 1; number >= 0; --number) {
    if (catalog.at(number).name != plan.name || catalog.at(number).deletion_begun) continue;
    bench_.history.add(TopicCreated{bench_.now(), number, plan.partitions});
    co_return true;
  }
  co_return false;
}

env::Task<Result<>> Admin::begin_deletion(int topic) {
  bench_.history.add(DeletionBegun{bench_.now(), topic});
  deleting_ = topic;
  co_return Result<>();
}

env::Task<Result<bool>> Admin::remove(int topic) {
  protocol::DeleteTopicsRequest request;
  request.timeout_ms = 30'000;
  request.topics.emplace_back().topic_id = bench_.history.catalog().at(topic).id;
  const MonoTime sent_at = bench_.now();
  const auto answer = CO_TRY(co_await connection_.call<protocol::DeleteTopicsResponse>(
      std::move(request), delete_topics_by_id_version));
  const ErrorCode error =
      answer->responses.empty() ? ErrorCode::unknown_server_error : answer->responses[0].error_code;
  if (error == ErrorCode::none || error == ErrorCode::unknown_topic_id) {
    bench_.history.add(TopicDeleted{bench_.now(), topic});
    co_return true;
  }
  failed(sent_at, "DeleteTopics", error);
  co_return false;
}

env::Task<Result<>> Admin::add_partitions(int topic) {
  const TopicKnowledge known = bench_.history.catalog().at(topic);
  if (known.partitions >= partitions_max) co_return Result<>();
  protocol::CreatePartitionsRequest request;
  request.timeout_ms = 30'000;
  auto& wanted = request.topics.emplace_back();
  wanted.name = Text::copy(known.name);
  wanted.count = known.partitions + 1;
  wanted.assignments.reset();
  const MonoTime sent_at = bench_.now();
  const auto version = static_cast<std::int16_t>(prng_.between(0, 3));
  const auto answer = CO_TRY(
      co_await connection_.call<protocol::CreatePartitionsResponse>(std::move(request), version));
  const ErrorCode error =
      answer->results.empty() ? ErrorCode::unknown_server_error : answer->results[0].error_code;
  // Invalid: it has them already, from an attempt whose answer was lost.
  if (error == ErrorCode::none || error == ErrorCode::invalid_partitions) {
    bench_.history.add(PartitionsAdded{bench_.now(), topic, known.partitions + 1});
    co_return Result<>();
  }
  failed(sent_at, "CreatePartitions", error);
  co_return co_await bench_.pause(backoff);
}

env::Task<Result<>> Admin::delete_records(int topic) {
  const TopicKnowledge known = bench_.history.catalog().at(topic);
  const PartitionRef where{
      topic, static_cast<int>(prng_.below(static_cast<std::uint64_t>(known.partitions)))};
  // What damage has cut is not there to be deleted.
  const Offset there =
      std::min(bench_.history.acked_end(where), bench_.history.catalog().intact_below(where));
  const auto end = static_cast<std::uint64_t>(there.value());
  const bool all = prng_.chance(200'000);
  const Offset below(all ? -1 : static_cast<std::int64_t>(prng_.below(end + 1)));
  protocol::DeleteRecordsRequest request;
  request.timeout_ms = 30'000;
  auto& wanted = request.topics.emplace_back();
  wanted.name = Text::copy(known.name);
  auto& partition = wanted.partitions.emplace_back();
  partition.partition_index = PartitionId(where.partition);
  partition.offset = below;
  const int deletion = bench_.history.next_deletion();
  const MonoTime sent_at = bench_.now();
  bench_.history.add(RecordsDeletionSent{sent_at, deletion, where, below});
  const auto version = static_cast<std::int16_t>(prng_.between(0, 2));
  const auto answer = CO_TRY(
      co_await connection_.call<protocol::DeleteRecordsResponse>(std::move(request), version));
  if (answer->topics.size() != 1 || answer->topics[0].partitions.size() != 1) {
    bench_.history.add(AnswerImpossible{bench_.now(), "DeleteRecords does not name the partition"});
    co_return Result<>();
  }
  const auto& deleted = answer->topics[0].partitions[0];
  bench_.history.add(RecordsDeletionAnswered{bench_.now(), deletion, where, deleted.error_code,
                                             deleted.low_watermark});
  if (deleted.error_code == ErrorCode::none) co_return Result<>();
  failed(sent_at, "DeleteRecords", deleted.error_code);
  co_return co_await bench_.pause(backoff);
}

/// Of the topic, or now and then of the groups' offsets.
env::Task<Result<>> Admin::move_replica(int topic) {
  const TopicKnowledge known = bench_.history.catalog().at(topic);
  const bool of_offsets = bench_.scenario.has_groups() && prng_.chance(200'000);
  const int partitions = of_offsets ? bench_.scenario.offsets_partitions : known.partitions;
  const auto below = [this](int count) {
    return static_cast<std::int32_t>(prng_.below(static_cast<std::uint64_t>(count)));
  };
  protocol::AlterReplicaLogDirsRequest request;
  auto& to = request.dirs.emplace_back();
  to.path = Text::copy(directory_path(below(bench_.scenario.directories)));
  auto& moved = to.topics.emplace_back();
  moved.name = Text::copy(of_offsets ? std::string_view("__consumer_offsets") : known.name);
  moved.partitions.emplace_back(below(partitions));
  const MonoTime sent_at = bench_.now();
  const auto version = static_cast<std::int16_t>(prng_.between(1, 2));
  const auto answer = CO_TRY(co_await connection_.call<protocol::AlterReplicaLogDirsResponse>(
      std::move(request), version));
  if (answer->results.size() != 1 || answer->results[0].partitions.size() != 1) {
    bench_.history.add(
        AnswerImpossible{bench_.now(), "AlterReplicaLogDirs does not name the partition"});
    co_return Result<>();
  }
  const ErrorCode error = answer->results[0].partitions[0].error_code;
  // Not available: it is still to be made, and will be there.
  if (error == ErrorCode::none || error == ErrorCode::replica_not_available) co_return Result<>();
  failed(sent_at, "AlterReplicaLogDirs", error);
  co_return co_await bench_.pause(backoff);
}

env::Task<Result<>> Admin::look() {
  protocol::MetadataRequest request;
  request.topics.reset();
  const MonoTime asked_at = bench_.now();
  const auto answer = CO_TRY(
      co_await connection_.call<protocol::MetadataResponse>(std::move(request), metadata_version));
  MetadataSeen seen{.at = bench_.now(), .asked_at = asked_at, .topics = {}};
  for (const auto& topic : answer->topics) {
    if (!topic.name || !is_ours(*topic.name)) continue;
    const int number = bench_.history.catalog().find_or_add(topic.topic_id, topic.name->str());
    seen.topics.emplace_back(number, static_cast<int>(topic.partitions.size()));
  }
  bench_.history.add(std::move(seen));
  co_return Result<>();
}

void Admin::failed(MonoTime sent_at, std::string_view what, ErrorCode error) {
  const std::string text = fmt::format("{}: {}", what, error);
  const bool may_happen =
      error == ErrorCode::not_controller || error == ErrorCode::kafka_storage_error ||
      // A new partition, for which the disk has no room yet.
      error == ErrorCode::not_leader_or_follower || error == ErrorCode::request_timed_out;
  if (may_happen) {
    bench_.history.add(RequestLost{bench_.now(), actor_, sent_at, text});
  } else {
    bench_.history.add(AnswerImpossible{bench_.now(), text});
  }
}

}  // namespace moldau::sim
