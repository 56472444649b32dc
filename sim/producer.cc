#include "sim/producer.h"

#include <algorithm>

#include "protocol/messages/init_producer_id.h"

namespace moldau::sim {

using protocol::ErrorCode;
using protocol::InitProducerIdRequest;
using protocol::InitProducerIdResponse;
using protocol::ProduceRequest;
using protocol::ProduceResponse;

namespace {
constexpr std::size_t batches_per_lane_max = 5;
constexpr std::int16_t topic_ids_since = 13;
constexpr std::uint64_t more_per_million = 600'000;  // another request before the first answer
constexpr Duration backoff = milliseconds(20);
/// Then a producer slows down: what a run is to show does not need more, and runs are many.
constexpr std::int32_t busy_records = 150;
constexpr Duration idle_think_max = milliseconds(500);

Prng chance_of(const Bench& bench, int actor) {
  return Prng(bench.scenario.seed).split(fmt::format("actor-{}", actor));
}
}  // namespace

Producer::Producer(Bench& bench, int actor, const ProducerPlan& plan)
    : bench_(bench),
      actor_(actor),
      plan_(plan),
      prng_(chance_of(bench, actor)),
      connection_(bench, actor, plan.timeout) {}

bool Producer::is_drained() const {
  return requests_.empty() && std::ranges::all_of(lanes_, [this](const auto& entry) {
           return entry.second.batches.empty() ||
                  !bench_.history.catalog().is_safe(entry.first.topic);
         });
}

env::Task<> Producer::run() {
  while (true) {
    const auto done = co_await turn();
    if (!done && done.error().code == Errc::cancelled) co_return;
  }
}

env::Task<Result<>> Producer::turn() {
  CO_TRY(co_await connection_.ensure());
  if (used_connection_ != connection_.number()) connection_lost();
  used_connection_ = connection_.number();
  if (plan_.idempotent && producer_id_ == no_producer_id) {
    co_return co_await become_producer();
  }
  forget_dying();
  give_up();
  if (std::exchange(backing_off_, false)) CO_TRY(co_await bench_.pause(backoff));
  make_batches();
  if (plan_.acks == 0) {
    CO_TRY(co_await send_without_answer());
  } else {
    while (CO_TRY(submit()) && prng_.chance(more_per_million)) make_batches();
    if (!requests_.empty()) CO_TRY(co_await receive());
  }
  const Duration most = next_number_ < busy_records ? plan_.think_max : idle_think_max;
  co_return co_await bench_.pause(Duration(prng_.between(0, most.count())));
}

env::Task<Result<>> Producer::become_producer() {
  InitProducerIdRequest request;
  request.transactional_id.reset();
  request.transaction_timeout_ms = 60'000;
  const MonoTime sent_at = bench_.now();
  const auto version = static_cast<std::int16_t>(prng_.between(0, 5));
  const auto answer =
      CO_TRY(co_await connection_.call<InitProducerIdResponse>(std::move(request), version));
  if (answer->error_code == ErrorCode::none) {
    producer_id_ = answer->producer_id;
    epoch_ = answer->producer_epoch;
    bench_.history.add(ProducerIdGiven{bench_.now(), actor_, producer_id_});
    co_return Result<>();
  }
  const std::string text = fmt::format("InitProducerId: {}", answer->error_code);
  if (protocol::is_retriable(answer->error_code)) {
    bench_.history.add(RequestLost{bench_.now(), actor_, sent_at, text});
  } else {
    bench_.history.add(AnswerImpossible{bench_.now(), text});
  }
  co_return co_await bench_.pause(backoff);
}

void Producer::make_batches() {
  if (!bench_.producing) return;
  const auto all = bench_.history.catalog().safe_partitions();
  if (all.empty()) return;
  const int count =
      1 +
      static_cast<int>(prng_.below(static_cast<std::uint64_t>(plan_.partitions_per_request_max)));
  for (int i = 0; i < count; ++i) add_batch(all[prng_.below(all.size())]);
}

void Producer::add_batch(PartitionRef where) {
  Lane& lane = lanes_[where];
  if (lane.batches.size() >= batches_per_lane_max || lane.draining) return;
  Batch batch{.first = {actor_, next_number_},
              .count = 1 + static_cast<std::int32_t>(
                               prng_.below(static_cast<std::uint64_t>(plan_.batch_records_max))),
              .base_sequence = records::no_sequence,
              .bytes = {},
              .timestamp = {},
              .made_at = bench_.now()};
  next_number_ += batch.count;
  if (plan_.idempotent) {
    batch.base_sequence = lane.next_sequence;
    lane.next_sequence = records::increment_sequence(lane.next_sequence, batch.count);
  }
  if (plan_.idempotent) build(where, batch);
  lane.batches.push_back(std::move(batch));
}

void Producer::build(PartitionRef where, Batch& batch) {
  batch.timestamp = bench_.env.clock().wall();
  BatchPlan plan{.first = batch.first,
                 .count = batch.count,
                 .timestamp = batch.timestamp.value,
                 .options = {},
                 .keyed = bench_.history.catalog().at(where.topic).is_compacted()};
  if (prng_.chance(plan_.compressed_per_million)) {
    plan.options.codec = static_cast<records::Codec>(prng_.between(1, 4));
  }
  if (plan_.idempotent) {
    plan.options.producer_id = producer_id_;
    plan.options.producer_epoch = epoch_;
    plan.options.base_sequence = batch.base_sequence;
  }
  batch.bytes = make_batch(plan);
}

/// After a while a producer tells its user that a batch failed. What an idempotent one has sent
/// may be in the log or not, so that it goes on in a new epoch, with sequence numbers from 0.
void Producer::give_up() {
  const MonoTime too_old = bench_.now() - plan_.delivery;
  const auto is_old = [&](const Batch& batch) { return batch.made_at < too_old; };
  const bool any = std::ranges::any_of(
      lanes_, [&](const auto& entry) { return std::ranges::any_of(entry.second.batches, is_old); });
  if (!any) return;
  if (!requests_.empty()) {
    // Their answers must not be taken for those of what is sent later.
    if (auto* client = connection_.client()) client->close();
    connection_lost();
  }
  for (auto& [where, lane] : lanes_) {
    if (plan_.idempotent) {
      lane = Lane{};
    } else {
      std::erase_if(lane.batches, is_old);
    }
  }
  if (plan_.idempotent) epoch_ = epoch_.next();
}

std::vector<PartitionRef> Producer::sendable() {
  std::vector<PartitionRef> places;
  for (auto& [where, lane] : lanes_) {
    if (lane.in_flight == 0) lane.draining = false;
    const bool has_some =
        std::ranges::any_of(lane.batches, std::logical_not<>(), &Batch::in_flight);
    if (has_some && !lane.draining) places.push_back(where);
  }
  // Fisher and Yates, by our own chance.
  for (std::size_t i = places.size(); i > 1; --i) std::swap(places[i - 1], places[prng_.below(i)]);
  const auto most = static_cast<std::size_t>(plan_.partitions_per_request_max);
  if (places.size() > most) places.resize(most);
  std::ranges::sort(places);
  return places;
}

/// The next batch of each place, as a frame.
Result<SharedBytes> Producer::take_request(const std::vector<PartitionRef>& places) {
  ProduceRequest request;
  request.acks = plan_.acks;
  request.timeout_ms = static_cast<std::int32_t>(to_ms(plan_.timeout));
  for (const PartitionRef where : places) {
    Lane& lane = lanes_[where];
    Batch& batch = *std::ranges::find(lane.batches, false, &Batch::in_flight);
    if (!plan_.idempotent) renew(where, batch);
    batch.in_flight = true;
    ++batch.attempts;
    ++lane.in_flight;
    note_sent(where, batch);
    const TopicKnowledge& known = bench_.history.catalog().at(where.topic);
    if (request.topic_data.empty() || request.topic_data.back().topic_id != known.id) {
      auto& topic = request.topic_data.emplace_back();
      topic.topic_id = known.id;
      topic.name = Text::copy(known.name);
    }
    auto& partition = request.topic_data.back().partition_data.emplace_back();
    partition.index = PartitionId(where.partition);
    partition.records = batch.bytes;
  }
  return connection_.client()->encode(request, plan_.version);
}

/// Without a sequence number the broker cannot know a retry; so that the checkers can, every
/// sending has fresh records, numbered in the order of the sendings.
void Producer::renew(PartitionRef where, Batch& batch) {
  batch.first.number = next_number_;
  next_number_ += batch.count;
  build(where, batch);
}

void Producer::note_sent(PartitionRef where, Batch& batch) {
  bench_.history.add(BatchSent{.at = bench_.now(),
                               .where = where,
                               .first = batch.first,
                               .count = batch.count,
                               .connection = connection_.number(),
                               .attempt = plan_.idempotent ? batch.attempts : 1,
                               .acks = plan_.acks,
                               .producer_id = producer_id_,
                               .producer_epoch = epoch_,
                               .base_sequence = batch.base_sequence,
                               .timestamp = batch.timestamp,
                               .bytes = batch.bytes.size()});
}

Result<bool> Producer::submit() {
  if (requests_.size() >= static_cast<std::size_t>(plan_.in_flight_max)) return false;
  std::vector<PartitionRef> places = sendable();
  net::Client* const client = connection_.client();
  if (places.empty() || client == nullptr) return false;
  SharedBytes frame = TRY(take_request(places));
  requests_.push_back({client->submit(std::move(frame)), std::move(places), bench_.now()});
  return true;
}

env::Task<Result<>> Producer::send_without_answer() {
  const std::vector<PartitionRef> places = sendable();
  net::Client* const client = connection_.client();
  if (places.empty() || client == nullptr) co_return Result<>();
  SharedBytes frame = CO_TRY(take_request(places));
  for (const PartitionRef where : places) {
    Lane& lane = lanes_[where];
    lane.batches.pop_front();
    --lane.in_flight;
  }
  // A broker that could not append such a batch says so by closing the connection: no answer is
  // missing.
  const auto sent = co_await client->send_only(std::move(frame));
  if (!sent) connection_.forget();
  co_return sent;
}

env::Task<Result<>> Producer::receive() {
  Request request = std::move(requests_.front());
  requests_.pop_front();
  net::Client* const client = connection_.client();
  if (client == nullptr) {
    requests_.push_front(std::move(request));
    co_return Result<>();
  }
  auto frame = co_await client->receive(request.ticket);
  auto answer =
      frame ? net::Client::decode<ProduceResponse>(*std::move(frame), plan_.version)
            : Result<protocol::Decoded<ProduceResponse>>(std::unexpected(std::move(frame).error()));
  if (!answer) {
    connection_.lost(request.sent_at, answer.error(), "Produce");
    connection_lost();
    co_return std::unexpected(std::move(answer).error());
  }
  take(answer->message, request);
  co_return Result<>();
}

void Producer::take(const ProduceResponse& response, const Request& request) {
  std::size_t taken = 0;
  for (const auto& topic : response.responses) {
    for (const auto& data : topic.partition_responses) {
      const auto where = place(topic, data.index, request);
      if (!where) continue;
      take_partition(*where, data, request.sent_at);
      ++taken;
    }
  }
  if (taken != request.places.size()) {
    bench_.history.add(
        AnswerImpossible{bench_.now(), "a Produce answer names other partitions than asked for"});
  }
}

std::optional<PartitionRef> Producer::place(const ProduceResponse::TopicProduceResponse& topic,
                                            PartitionId partition, const Request& request) const {
  for (const PartitionRef where : request.places) {
    const TopicKnowledge& known = bench_.history.catalog().at(where.topic);
    const bool is_same =
        plan_.version >= topic_ids_since ? topic.topic_id == known.id : topic.name == known.name;
    if (is_same && where.partition == partition.value()) return where;
  }
  return std::nullopt;
}

void Producer::take_partition(PartitionRef where,
                              const ProduceResponse::PartitionProduceResponse& data,
                              MonoTime sent_at) {
  Lane& lane = lanes_[where];
  // Answers come in the order of the requests, and a lane sends nothing out of its order.
  const auto batch = std::ranges::find(lane.batches, true, &Batch::in_flight);
  if (batch == lane.batches.end()) {
    bench_.history.add(AnswerImpossible{bench_.now(), "a Produce answer too many"});
    return;
  }
  --lane.in_flight;
  batch->in_flight = false;
  if (data.error_code != ErrorCode::none) {
    return refused(where, lane, *batch, data.error_code, sent_at);
  }
  bench_.history.add(BatchAcked{.at = bench_.now(),
                                .where = where,
                                .first = batch->first,
                                .count = batch->count,
                                .base_offset = data.base_offset,
                                .sent_at = sent_at});
  lane.batches.erase(batch);
}

void Producer::refused(PartitionRef where, Lane& lane, Batch& batch, ErrorCode error,
                       MonoTime sent_at) {
  bench_.history.add(BatchRefused{.at = bench_.now(),
                                  .where = where,
                                  .first = batch.first,
                                  .error = error,
                                  .follows_acked = &batch == &lane.batches.front(),
                                  .sent_at = sent_at});
  // What went before it is gone from the log: a new epoch.
  const bool is_behind = error == ErrorCode::out_of_order_sequence_number;
  if (is_behind && bench_.history.catalog().may_forget_sequences(where)) {
    batch.made_at = MonoTime::min();
  }
  lane.draining = lane.in_flight > 0;
  backing_off_ = true;
}

void Producer::connection_lost() {
  requests_.clear();
  for (auto& [where, lane] : lanes_) {
    lane.in_flight = 0;
    lane.draining = false;
    for (Batch& batch : lane.batches) batch.in_flight = false;
  }
}

/// Nobody needs to bring anything to a topic that is being deleted.
void Producer::forget_dying() {
  std::erase_if(lanes_, [this](const auto& entry) {
    return entry.second.in_flight == 0 && !bench_.history.catalog().is_safe(entry.first.topic);
  });
}

}  // namespace moldau::sim
