#include "broker/produce.h"

#include <limits>

#include "broker/broker.h"
#include "broker/cluster_view.h"
#include "broker/internal_topics.h"
#include "broker/serve.h"
#include "env/pool.h"
#include "protocol/version_rules.h"
#include "records/compression.h"

namespace moldau::broker {

using protocol::ErrorCode;

namespace {

/// Above this size of compressed records a worker does not decompress itself (APPEND step 1).
constexpr std::size_t inline_decompression_bytes_max = std::size_t{64} << 10;
/// What Produce versions below this may not contain (KIP-110).
constexpr std::int16_t zstd_since = 7;

ErrorCode error_of(records::BatchRejection rejection) {
  switch (rejection) {
    case records::BatchRejection::corrupt_message:
      return ErrorCode::corrupt_message;
    case records::BatchRejection::invalid_record:
      return ErrorCode::invalid_record;
    case records::BatchRejection::invalid_timestamp:
      return ErrorCode::invalid_timestamp;
    case records::BatchRejection::message_too_large:
      return ErrorCode::message_too_large;
    case records::BatchRejection::record_list_too_large:
      return ErrorCode::record_list_too_large;
    case records::BatchRejection::unsupported_compression_type:
      return ErrorCode::unsupported_compression_type;
  }
  return ErrorCode::unknown_server_error;
}

/// The words to an error of check_batch().
std::string why_not(ErrorCode error) {
  switch (error) {
    case ErrorCode::transactional_id_authorization_failed:
      return "a batch of a transaction in a request without a transactional id";
    case ErrorCode::invalid_txn_state:
      return "this broker does not serve transactions yet";
    default:
      return "clients may not write control records";
  }
}

/// A decompressor keeps megabytes for its next batch: one per thread, not per connection.
records::Validation validate_here(const SharedBytes& records, const records::ValidationRules& rules,
                                  WallMs now) {
  thread_local records::Decompressor decompressor;
  return records::validate_batch(records, rules, now, decompressor);
}

bool is_served(std::int16_t version) {
  return protocol::ProduceRequest::info.versions.contains(version);
}

}  // namespace

Produce::Produce(Broker& broker, const net::ConnectionInfo& connection,
                 std::shared_ptr<net::Wakeup> wakeup)
    : AppendWaiter(wakeup->worker()),
      broker_(broker),
      connection_(connection),
      wakeup_(std::move(wakeup)),
      received_(broker.env().clock().now()),
      deadline_(received_),
      image_(broker.image()) {}

env::Task<Result<>> Produce::wait_assigned() {
  if (!assigned_) assigned_.emplace(home());
  return assigned_->wait();
}

env::Task<Result<>> Produce::prepare(const SharedBytes& frame) {
  frame_bytes_ = frame.size();
  const auto header = CO_TRY(protocol::decode_request_header(frame));
  version_ = header->request_api_version;
  correlation_id_ = header->correlation_id;
  client_id_ = header->client_id ? header->client_id->str() : std::string();
  if (!is_served(version_)) {
    broker_.requests().unsupported_versions.add();
    co_return fail(Errc::unsupported, fmt::format("Produce version {} is not served", version_));
  }
  request_ = CO_TRY(protocol::decode<protocol::ProduceRequest>(frame, version_, header.end));
  std::erase_if(request_->message.topic_data,  // they are not mentioned in the answer either
                [](const auto& topic) { return topic.partition_data.empty(); });
  const auto& request = request_->message;
  deadline_ = received_ + milliseconds(std::max(request.timeout_ms, 0));

  for (const auto& topic : request.topic_data) {
    const std::size_t topic_index = response_.responses.size();
    auto& answer = response_.responses.emplace_back();
    answer.name = Text::view(topic.name);
    answer.topic_id = topic.topic_id;
    std::optional<std::string_view> name;
    if (protocol::names_topics_by_id(protocol::ApiKey::produce, version_)) {
      const auto* known = image_->topic(topic.topic_id);
      if (known != nullptr) name = known->name;
    } else {
      name = topic.name;
    }
    for (const auto& partition : topic.partition_data) {
      answer.partition_responses.emplace_back().index = partition.index;
      add_item(topic, topic_index, answer.partition_responses.size() - 1, name);
    }
  }
  for (Item& item : items_) {
    const auto& data = request.topic_data[item.topic].partition_data[item.index];
    co_await validate(item, data.records.value_or(SharedBytes{}));
  }
  co_return co_await wait_for_room();
}

protocol::ProduceResponse::PartitionProduceResponse& Produce::response_of(const Item& item) {
  return response_.responses[item.topic].partition_responses[item.index];
}

void Produce::refuse(const Item& item, ErrorCode error, std::string message) {
  auto& response = response_of(item);
  response.error_code = error;
  response.base_offset = no_offset;
  response.log_append_time_ms = -1;
  response.log_start_offset = no_offset;
  if (!message.empty()) response.error_message = Text(std::move(message));
}

/// Decides what can be decided without looking at the records.
void Produce::add_item(const protocol::ProduceRequest::TopicProduceData& topic,
                       std::size_t topic_index, std::size_t index,
                       std::optional<std::string_view> name) {
  Item item{.topic = topic_index, .index = index};
  const std::int16_t acks = request_->message.acks;
  if (acks < -1 || acks > 1) {
    refuse(item, ErrorCode::invalid_required_acks);
  } else if (!name) {
    refuse(item, ErrorCode::unknown_topic_id);
  } else if (is_internal_topic(*name) && client_id_ != "__admin_client") {
    refuse(item, ErrorCode::invalid_topic_exception,
           fmt::format("Cannot append to internal topic {}", *name));
  } else if (image_->partition(*name, topic.partition_data[index].index) == nullptr) {
    refuse(item, ErrorCode::unknown_topic_or_partition);
  } else {
    item.partition = find_partition(*name, topic.partition_data[index]);
    if (item.partition == nullptr) {
      refuse(item,
             broker_.partitions().why_missing(*image_, *name, topic.partition_data[index].index));
    } else if (const auto error = item.partition->check_leader(no_leader_epoch);
               error != ErrorCode::none) {
      refuse(item, error);
      item.partition = nullptr;
    } else if (acks == -1 && item.partition->is_under_min_isr()) {
      refuse(item, ErrorCode::not_enough_replicas);
      item.partition = nullptr;
    } else {
      item.leader_epoch = item.partition->leader_epoch();
    }
  }
  if (item.partition != nullptr) items_.push_back(std::move(item));
}

/// Null if this broker does not have it, or not yet.
std::shared_ptr<Partition> Produce::find_partition(
    std::string_view topic, const protocol::ProduceRequest::PartitionProduceData& data) {
  auto found = broker_.partitions().find(topic, data.index);
  if (found != nullptr) return found;
  const auto* registration = image_->partition(topic, data.index);
  if (!registration->has_replica(broker_.config().node_id) || !data.records) return nullptr;
  const auto header = storage::parse_batch_header(data.records->bytes());
  const auto batch = records::BatchView::parse(data.records->bytes());
  if (!header || !header->has_producer() || !batch || !batch->verify_crc()) return nullptr;
  if (check_batch(*batch) != ErrorCode::none) return nullptr;
  return broker_.partitions().find_or_note({std::string(topic), data.index},
                                           image_->topic(topic)->id, *header);
}

env::Task<> Produce::validate(Item& item, SharedBytes records) {
  const auto settings = item.partition->settings();
  auto rules = settings->rules;
  rules.zstd = version_ >= zstd_since ? records::ZstdRule::allowed : records::ZstdRule::refused;
  const WallMs now = broker_.env().clock().wall();
  const auto parsed = records::BatchView::parse(records.bytes());
  if (parsed) {
    if (const auto error = check_batch(*parsed); error != ErrorCode::none) {
      refuse(item, error, why_not(error));
      item.partition = nullptr;
      co_return;
    }
  }
  const bool heavy = parsed && parsed->codec() && *parsed->codec() != records::Codec::none &&
                     records.size() > inline_decompression_bytes_max;
  records::Validation validation = [&] {
    if (heavy) return records::Validation(std::unexpected(records::Rejection{}));
    return validate_here(records, rules, now);
  }();
  if (heavy) {
    auto work = [&] { return validate_here(records, rules, now); };
    validation =
        co_await env::run_on(item.partition->directory().pool(), env::IoClass::fetch, home(), work);
  }
  if (!validation) {
    auto& rejection = validation.error();
    auto& response = response_of(item);
    refuse(item, error_of(rejection.kind), std::move(rejection.message));
    for (auto& error : rejection.record_errors) {
      auto& entry = response.record_errors.emplace_back();
      entry.batch_index = error.batch_index;
      entry.batch_index_error_message = Text(std::move(error.message));
    }
    item.partition = nullptr;
    co_return;
  }
  item.batch = std::move(*validation);
}

/// What no client may send, said before anything else is looked at.
ErrorCode Produce::check_batch(const records::BatchView& batch) const {
  if (batch.is_transactional() && !request_->message.transactional_id) {
    return ErrorCode::transactional_id_authorization_failed;
  }
  if (batch.is_control()) return ErrorCode::invalid_record;
  if (batch.is_transactional()) return ErrorCode::invalid_txn_state;
  return ErrorCode::none;
}

/// Suspends while a log that this request appends to has a full queue. Others may fill it again
/// before `begin`: then that append is deferred there.
env::Task<Result<>> Produce::wait_for_room() {
  for (const Item& item : items_) {
    if (item.partition == nullptr) continue;
    while (true) {
      const auto log = item.partition->log_ptr();  // a move may have changed it
      if (log->has_room() || log->is_offline()) break;
      auto again = std::make_shared<env::Signal>(home());
      if (!log->wait_for_room(home(), [again] { again->notify(); })) break;
      CO_TRY(co_await again->wait());
    }
  }
  co_return Result<>();
}

void Produce::begin() {
  for (std::uint32_t tag = 0; tag < items_.size(); ++tag) {
    if (items_[tag].partition != nullptr) append(tag);
  }
}

void Produce::append(std::uint32_t tag) {
  Item& item = items_[tag];
  const auto kept = item.partition->log_ptr();
  storage::Log& log = *kept;
  const bool waits = wants_answer();
  auto answer = log.append({.batch = item.batch->bytes,
                            .leader_epoch = item.leader_epoch,
                            .origin = storage::Origin::client,
                            .wait_for = request_->message.acks == -1 ? storage::WaitFor::committed
                                                                     : storage::WaitFor::limit,
                            .waiter = waits ? shared_from_this() : nullptr,
                            .tag = tag});
  auto& response = response_of(item);
  switch (answer.status) {
    case storage::AppendStatus::no_room: {
      const bool queued = log.wait_for_room(home(), [self = shared_from_this(), tag] {
        --self->deferred_;
        --self->outstanding_;
        self->items_[tag].deferred = false;
        self->append(tag);
        if (self->assigned_) self->assigned_->notify();
        self->wakeup_->wake();
      });
      if (!queued) return append(tag);
      item.deferred = true;
      ++deferred_;
      ++outstanding_;
      return;
    }
    case storage::AppendStatus::out_of_order_sequence:
      return refuse(item, ErrorCode::out_of_order_sequence_number);
    case storage::AppendStatus::invalid_producer_epoch:
      return refuse(item, ErrorCode::invalid_producer_epoch);
    case storage::AppendStatus::not_leader:
      return refuse(item, ErrorCode::not_leader_or_follower);
    case storage::AppendStatus::storage_error:
      return refuse(item, ErrorCode::kafka_storage_error);
    case storage::AppendStatus::assigned:
    case storage::AppendStatus::duplicate:
      break;
  }
  response.base_offset = answer.base_offset;
  response.log_start_offset = log.positions().log_start;
  if (item.batch->batch.timestamp_type() == records::TimestampType::log_append_time ||
      answer.status == storage::AppendStatus::duplicate) {
    response.log_append_time_ms = answer.max_timestamp;
  }
  if (answer.status == storage::AppendStatus::assigned) {
    broker_.requests().bytes_in.add(item.batch->bytes.size());
    broker_.requests().records_in.add(static_cast<std::uint64_t>(item.batch->batch.record_count()));
  }
  item.pending = answer.pending;
  if (answer.pending) ++outstanding_;
}

void Produce::on_append_done(std::uint32_t tag, storage::AppendOutcome outcome) {
  Item& item = items_[tag];
  CHECK(item.pending, "append {} of {} done twice", tag, item.partition->name());
  item.pending = false;
  if (outcome == storage::AppendOutcome::failed) {
    refuse(item, ErrorCode::kafka_storage_error);
  } else if (request_->message.acks == -1 && item.partition->is_under_min_isr()) {
    refuse(item, ErrorCode::not_enough_replicas_after_append);
  }
  if (--outstanding_ == 0) wakeup_->wake();
}

/// For partitions that have moved: who leads them now (KIP-951).
void Produce::name_leaders(const RequestContext& context) {
  for (auto& topic : response_.responses) {
    for (auto& partition : topic.partition_responses) {
      if (!protocol::names_current_leader(context.api, version_, partition.error_code)) continue;
      const auto* registration = protocol::names_topics_by_id(context.api, version_)
                                     ? image_->partition(topic.topic_id, partition.index)
                                     : image_->partition(topic.name.view(), partition.index);
      if (registration == nullptr) continue;
      name_leader(broker_, context, *registration, partition.current_leader,
                  response_.node_endpoints);
    }
  }
}

net::Answer Produce::finish() {
  bool failed = false;
  for (std::uint32_t tag = 0; tag < items_.size(); ++tag) {
    if (items_[tag].pending || items_[tag].deferred) {
      refuse(items_[tag], ErrorCode::request_timed_out);
    }
  }
  for (const auto& topic : response_.responses) {
    for (const auto& partition : topic.partition_responses) {
      failed = failed || partition.error_code != ErrorCode::none;
    }
  }
  auto& metrics = broker_.requests().by_api[static_cast<std::size_t>(protocol::ApiKey::produce)];
  metrics.requests.add();
  metrics.request_bytes.add(frame_bytes_);
  metrics.latency.record(broker_.env().clock().now() - received_);
  const RequestContext context{.api = protocol::ApiKey::produce,
                               .version = version_,
                               .correlation_id = correlation_id_,
                               .client_id = client_id_,
                               .listener = ListenerKind::broker,
                               .connection = connection_,
                               .worker = home(),
                               .received = received_,
                               .image = image_};
  if (failed) name_leaders(context);
  const bool is_said =
      failed && broker_.refusals().note(context, protocol::ProduceResponse::schema, &response_);
  if (!wants_answer()) {
    // Nothing may be sent; closing the connection is how the client learns of the failure.
    if (failed && !is_said) broker_.refusals().note_closed(context);
    return {.chunks = {}, .then = failed ? net::Answer::Then::close : net::Answer::Then::keep_open};
  }
  auto answer = encode_answer(context, response_);
  CHECK(answer.has_value(), "a Produce answer must encode: {}", answer.error().to_string());
  metrics.response_bytes.add(answer->size());
  return std::move(*answer);
}

}  // namespace moldau::broker
