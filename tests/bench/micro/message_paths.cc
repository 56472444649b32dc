// Decoding of Produce and Fetch requests, encoding of their answers: the newest version, whose
// fields are compact, and an old one.

#include <benchmark/benchmark.h>

#include "base/check.h"
#include "protocol/codec.h"
#include "protocol/header.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/produce.h"
#include "tests/bench/micro/batches.h"
#include "tests/bench/micro/work.h"

namespace moldau::bench {

namespace {

constexpr std::int32_t partitions = 8;
constexpr Uuid topic_id{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
constexpr std::string_view topic_name = "a.topic.with.a.name";

/// Topics have a name in old versions and an id in new ones.
template <class Topic>
void name_topic(std::int16_t version, Text Topic::* name, Uuid Topic::* id, Topic& topic) {
  constexpr std::int16_t by_id_since = 13;  // of Produce and Fetch
  if (version < by_id_since) topic.*name = Text::view(topic_name);
  if (version >= by_id_since) topic.*id = topic_id;
}

protocol::ProduceRequest produce_request(std::int16_t version) {
  protocol::ProduceRequest request;
  request.acks = -1;
  request.timeout_ms = 30'000;
  auto& topic = request.topic_data.emplace_back();
  using Topic = protocol::ProduceRequest::TopicProduceData;
  name_topic(version, &Topic::name, &Topic::topic_id, topic);
  const auto batch = make_batch(small_batch, 1);
  for (std::int32_t i = 0; i < partitions; ++i) {
    topic.partition_data.push_back({.index = PartitionId(i), .records = batch});
  }
  return request;
}

protocol::ProduceResponse produce_response(std::int16_t version) {
  protocol::ProduceResponse response;
  auto& topic = response.responses.emplace_back();
  using Topic = protocol::ProduceResponse::TopicProduceResponse;
  name_topic(version, &Topic::name, &Topic::topic_id, topic);
  for (std::int32_t i = 0; i < partitions; ++i) {
    auto& partition = topic.partition_responses.emplace_back();
    partition.index = PartitionId(i);
    partition.base_offset = Offset(1'000'000 + i);
    partition.log_start_offset = Offset(0);
  }
  return response;
}

protocol::FetchRequest fetch_request(std::int16_t version) {
  protocol::FetchRequest request;
  request.max_wait_ms = 500;
  request.min_bytes = 1;
  auto& topic = request.topics.emplace_back();
  using Topic = protocol::FetchRequest::FetchTopic;
  name_topic(version, &Topic::topic, &Topic::topic_id, topic);
  for (std::int32_t i = 0; i < partitions; ++i) {
    auto& partition = topic.partitions.emplace_back();
    partition.partition = PartitionId(i);
    partition.fetch_offset = Offset(1'000'000 + i);
    partition.partition_max_bytes = 1 << 20;
  }
  return request;
}

protocol::FetchResponse fetch_response(std::int16_t version) {
  protocol::FetchResponse response;
  auto& topic = response.responses.emplace_back();
  using Topic = protocol::FetchResponse::FetchableTopicResponse;
  name_topic(version, &Topic::topic, &Topic::topic_id, topic);
  const auto batch = make_batch(medium_batch, 1);
  for (std::int32_t i = 0; i < partitions; ++i) {
    auto& partition = topic.partitions.emplace_back();
    partition.partition_index = PartitionId(i);
    partition.high_watermark = Offset(1'000'000 + i);
    partition.last_stable_offset = Offset(1'000'000 + i);
    partition.log_start_offset = Offset(0);
    partition.aborted_transactions.reset();
    partition.records = batch;
  }
  return response;
}

void add(Paths& paths, const std::string& name, std::function<void()> operation) {
  const int operations = Path{}.operations;
  paths.push_back({.name = name, .operations = operations, .make = [=] {
                     return std::make_unique<Repeated>([=] {
                       for (int i = 0; i < operations; ++i) operation();
                     });
                   }});
}

template <class T>
void add_decoding(Paths& paths, const std::string& name, const T& request, std::int16_t version) {
  protocol::Writer out;
  const protocol::RequestFrame frame{
      .correlation_id = 1, .client_id = Text("a-client"), .version = version};
  CHECK(protocol::encode_request_frame(frame, request, out).has_value(), "does not encode");
  const auto whole = out.take();
  const auto bytes = whole.slice(sizeof(std::int32_t), whole.size() - sizeof(std::int32_t));
  add(paths, fmt::format("decode/{}/v{}", name, version), [=] {
    const auto header = protocol::decode_request_header(bytes);
    CHECK(header.has_value(), "a header does not decode");
    const auto decoded = protocol::decode<T>(bytes, version, header->end);
    CHECK(decoded.has_value(), "a request does not decode");
    benchmark::DoNotOptimize(&decoded);
  });
}

template <class T>
void add_encoding(Paths& paths, const std::string& name, const T& response, std::int16_t version) {
  const auto kept = std::make_shared<T>(response);
  add(paths, fmt::format("encode/{}/v{}", name, version), [=] {
    protocol::Writer out(protocol::Gather::large_slices);
    const protocol::ResponseFrame frame{.correlation_id = 1, .version = version};
    CHECK(protocol::encode_response_frame(frame, *kept, out).has_value(), "does not encode");
    const auto pieces = out.take_pieces();
    benchmark::DoNotOptimize(pieces.data());
  });
}

}  // namespace

void add_message_paths(Paths& paths) {
  for (const std::int16_t version : {7, 13}) {
    add_decoding(paths, "Produce", produce_request(version), version);
    add_encoding(paths, "Produce", produce_response(version), version);
  }
  for (const std::int16_t version : {11, 18}) {
    add_decoding(paths, "Fetch", fetch_request(version), version);
    add_encoding(paths, "Fetch", fetch_response(version), version);
  }
}

}  // namespace moldau::bench
