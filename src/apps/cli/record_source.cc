#include "apps/cli/record_source.h"

#include <fmt/format.h>

#include <algorithm>

namespace moldau::apps {
namespace {

constexpr int wait_ms = 500;

std::optional<Bytes> bytes_of(const void* data, std::size_t size) {
  if (data == nullptr) return std::nullopt;
  return Bytes{static_cast<const std::uint8_t*>(data), size};
}

/// librdkafka's offset for a position that is not a time.
std::int64_t start_offset(const Position& position) {
  switch (position.kind) {
    case Position::Kind::earliest:
      return RD_KAFKA_OFFSET_BEGINNING;
    case Position::Kind::offset:
      return position.number;
    case Position::Kind::last:
      return RD_KAFKA_OFFSET_TAIL(position.number);
    default:
      return RD_KAFKA_OFFSET_END;
  }
}

/// Partitions of some topics, all into one queue.
class PartitionSource final : public RecordSource {
 public:
  explicit PartitionSource(KafkaClient client)
      : client_(std::move(client)), queue_(rd_kafka_queue_new(client_.get())) {}
  ~PartitionSource() override { close(); }

  Result<> start(const TopicInfo& topic, const PartitionChoice& choice,
                 std::optional<std::int64_t> timestamp) {
    for (const auto partition : choice.partitions) {
      if (partition >= static_cast<std::int32_t>(topic.partitions.size())) {
        return fail(Errc::not_found, fmt::format("--partition {}: {} has {}, numbered from 0",
                                                 partition, topic.name, topic.partitions.size()));
      }
    }
    auto& handle = topics_[topic.name];
    handle.reset(rd_kafka_topic_new(client_.get(), topic.name.c_str(), nullptr));
    for (const auto& partition : topic.partitions) {
      const bool is_chosen =
          choice.partitions.empty() ||
          std::ranges::find(choice.partitions, partition.id) != choice.partitions.end();
      if (!is_chosen) continue;
      const auto offset = timestamp ? TRY(client_.offset_at(topic.name, partition.id, *timestamp))
                                    : start_offset(choice.from);
      if (rd_kafka_consume_start_queue(handle.get(), partition.id, offset, queue_.get()) != 0) {
        return std::unexpected(client_.explain(rd_kafka_last_error(), topic.name));
      }
      unfinished_.emplace(topic.name, partition.id);
      started_.emplace(topic.name, partition.id);
    }
    return {};
  }

  const KafkaClient& client() const { return client_; }

  Result<Message> next() override {
    Message message(rd_kafka_consume_queue(queue_.get(), wait_ms));
    if (message == nullptr || message->err == RD_KAFKA_RESP_ERR_NO_ERROR) return message;
    const std::string topic = message->rkt == nullptr ? "" : rd_kafka_topic_name(message->rkt);
    if (message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      return std::unexpected(client_.explain(message->err, topic));
    }
    unfinished_.erase({topic, message->partition});
    return Message();
  }

  void done(const std::string&, std::int32_t, std::int64_t) override {}
  bool at_end() const override { return unfinished_.empty(); }

  void close() override {
    for (const auto& [topic, partition] : started_) {
      rd_kafka_consume_stop(topics_.at(topic).get(), partition);
    }
    started_.clear();
  }

 private:
  using Partition = std::pair<std::string, std::int32_t>;

  const KafkaClient client_;
  Owned<rd_kafka_queue_t, rd_kafka_queue_destroy> queue_;
  std::map<std::string, Owned<rd_kafka_topic_t, rd_kafka_topic_destroy>> topics_;
  std::set<Partition> started_;
  std::set<Partition> unfinished_;
};

using PartitionList = Owned<rd_kafka_topic_partition_list_t, rd_kafka_topic_partition_list_destroy>;

/// A member of a group.
class GroupSource final : public RecordSource {
 public:
  ~GroupSource() override { close(); }

  Result<> join(const ClientOptions& options, const std::vector<std::string>& topics,
                const std::string& group, bool from_earliest) {
    client_.emplace(TRY(KafkaClient::make(
        KafkaClient::Kind::consumer, options,
        {{"group.id", group},
         {"enable.partition.eof", "true"},
         {"auto.offset.reset", from_earliest ? "earliest" : "latest"},
         // What was printed is stored, what is stored is committed: nothing is lost on the way.
         {"enable.auto.offset.store", "false"},
         {"auto.commit.interval.ms", "1000"}},
        {.on_delivery = nullptr, .on_rebalance = on_rebalance, .opaque = this})));
    rd_kafka_poll_set_consumer(client_->get());
    for (const auto& topic : topics) TRY(client_->topic(topic));
    const PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(topics.size())));
    for (const auto& topic : topics) {
      rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
    }
    const auto code = rd_kafka_subscribe(client_->get(), list.get());
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(client_->explain(code, group));
    return {};
  }

  Result<Message> next() override {
    Message message(rd_kafka_consumer_poll(client_->get(), wait_ms));
    if (message == nullptr || message->err == RD_KAFKA_RESP_ERR_NO_ERROR) return message;
    const std::string topic = message->rkt == nullptr ? "" : rd_kafka_topic_name(message->rkt);
    if (message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      const auto* said = rd_kafka_message_errstr(message.get());
      auto error = client_->explain(message->err, topic);
      if (error.code == Errc::invalid && said != nullptr) error.context = said;
      return std::unexpected(std::move(error));
    }
    unfinished_.erase({topic, message->partition});
    return Message();
  }

  void done(const std::string& topic, std::int32_t partition, std::int64_t offset) override {
    const PartitionList list(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset = offset + 1;
    // A partition that was just taken away is not stored: its next owner reads the record again.
    rd_kafka_offsets_store(client_->get(), list.get());
  }

  bool at_end() const override { return is_assigned_ && unfinished_.empty(); }

  void close() override {
    if (client_ && !closed_) rd_kafka_consumer_close(client_->get());
    closed_ = true;
  }

 private:
  static void on_rebalance(rd_kafka_t* client, rd_kafka_resp_err_t code,
                           rd_kafka_topic_partition_list_t* partitions, void* opaque) {
    static_cast<GroupSource*>(opaque)->rebalance(client, code, *partitions);
  }

  void rebalance(rd_kafka_t* client, rd_kafka_resp_err_t code,
                 rd_kafka_topic_partition_list_t& partitions) {
    const bool gained = code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
    const auto* const protocol = rd_kafka_rebalance_protocol(client);
    if (protocol != nullptr && std::string_view(protocol) == "COOPERATIVE") {
      Owned<rd_kafka_error_t, rd_kafka_error_destroy> error(
          gained ? rd_kafka_incremental_assign(client, &partitions)
                 : rd_kafka_incremental_unassign(client, &partitions));
    } else {
      rd_kafka_assign(client, gained ? &partitions : nullptr);
    }
    for (int i = 0; i < partitions.cnt; ++i) {
      const std::pair partition(std::string(partitions.elems[i].topic),
                                partitions.elems[i].partition);
      gained ? void(unfinished_.insert(partition)) : void(unfinished_.erase(partition));
    }
    is_assigned_ = is_assigned_ || gained;
  }

  std::optional<KafkaClient> client_;  // set by join
  std::set<std::pair<std::string, std::int32_t>> unfinished_;
  bool is_assigned_{false};
  bool closed_{false};
};

}  // namespace

Result<std::unique_ptr<RecordSource>> open_partitions(const ClientOptions& options,
                                                      const PartitionChoice& choice, WallMs now) {
  auto source = std::make_unique<PartitionSource>(TRY(KafkaClient::make(
      KafkaClient::Kind::consumer, options, {{"enable.partition.eof", "true"}}, {})));
  const auto timestamp = time_of(choice.from, now);
  for (const auto& name : choice.topics) {
    TRY(source->start(TRY(source->client().topic(name)), choice, timestamp));
  }
  return source;
}

Result<std::unique_ptr<RecordSource>> join_group(const ClientOptions& options,
                                                 const std::vector<std::string>& topics,
                                                 const std::string& group,
                                                 Position::Kind where_nothing_is_committed) {
  auto source = std::make_unique<GroupSource>();
  TRY(source->join(options, topics, group, where_nothing_is_committed == Position::Kind::earliest));
  return source;
}

RecordView view(const rd_kafka_message_t& message) {
  RecordView record{.topic = rd_kafka_topic_name(message.rkt),
                    .partition = message.partition,
                    .offset = message.offset,
                    .timestamp = rd_kafka_message_timestamp(&message, nullptr),
                    .key = bytes_of(message.key, message.key_len),
                    .value = bytes_of(message.payload, message.len),
                    .headers = {}};
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return record;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0;
       rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    record.headers.push_back({name, bytes_of(value, size)});
  }
  return record;
}

}  // namespace moldau::apps
