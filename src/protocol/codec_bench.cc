// Encoding and decoding, in bytes and in allocations per message (docs/protocol.md, "Speed").
//
//   build/release/protocol_bench [--benchmark_filter=REGEX]
//
// The table codec is what every message has, the compiled one what Produce, Fetch and Metadata's
// answer have beside it. `allocs` is what one message takes from the heap; decoding must not take
// more than a buffer per array (and one that the frame is kept by), or the program fails.
#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "base/check.h"
#include "protocol/codec.h"
#include "protocol/messages/fetch.h"
#include "protocol/messages/metadata.h"
#include "protocol/messages/produce.h"
#include "protocol/schema.h"

namespace {
std::atomic<std::uint64_t> allocations{0};
}

// The standard's replaceable functions, counting.
void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  void* memory = std::malloc(size);
  if (memory != nullptr) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace moldau::protocol {
namespace {

constexpr std::size_t records_bytes = 1'024;

enum class Codec { table, compiled };

SharedBytes some_records() {
  Writer out;
  for (std::size_t i = 0; i < records_bytes; ++i) out.put(static_cast<std::uint8_t>(i * 31));
  return out.take();
}

ProduceRequest produce_request(std::int32_t partitions) {
  ProduceRequest request;
  request.acks = -1;
  request.timeout_ms = 30'000;
  auto& topic = request.topic_data.emplace_back();
  topic.topic_id = Uuid{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
  const SharedBytes records = some_records();
  for (std::int32_t i = 0; i < partitions; ++i) {
    topic.partition_data.push_back({.index = PartitionId(i), .records = records});
  }
  return request;
}

FetchResponse fetch_response(std::int32_t partitions) {
  FetchResponse response;
  response.session_id = 7;
  auto& topic = response.responses.emplace_back();
  topic.topic_id = Uuid{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}};
  const SharedBytes records = some_records();
  for (std::int32_t i = 0; i < partitions; ++i) {
    auto& partition = topic.partitions.emplace_back();
    partition.partition_index = PartitionId(i);
    partition.high_watermark = Offset(1'000'000 + i);
    partition.last_stable_offset = Offset(1'000'000 + i);
    partition.log_start_offset = Offset(0);
    partition.aborted_transactions.reset();
    partition.records = records;
  }
  return response;
}

/// 100 topics with their share of the partitions, three replicas each.
MetadataResponse metadata_response(std::int32_t partitions) {
  MetadataResponse response;
  for (std::int32_t id = 1; id <= 3; ++id) {
    auto& broker = response.brokers.emplace_back();
    broker.node_id = NodeId(id);
    broker.host = Text("broker.example.org");
    broker.port = 9'092;
  }
  response.topics.resize(100);
  for (auto& topic : response.topics) {
    topic.name = Text("a.topic.with.a.name.of.the.usual.length");
    for (std::int32_t i = 0; i < partitions / 100; ++i) {
      auto& partition = topic.partitions.emplace_back();
      partition.partition_index = PartitionId(i);
      partition.leader_id = NodeId(1);
      partition.replica_nodes = {NodeId(1), NodeId(2), NodeId(3)};
      partition.isr_nodes = partition.replica_nodes;
    }
  }
  return response;
}

template <class T>
Schema schema_with(Codec codec) {
  return {.info = T::schema.info,
          .table = T::schema.table,
          .make = T::schema.make,
          .compiled = codec == Codec::compiled ? T::schema.compiled : nullptr};
}

void report(benchmark::State& state, std::size_t message_bytes, std::uint64_t allocated) {
  state.SetBytesProcessed(static_cast<std::int64_t>(message_bytes) * state.iterations());
  state.counters["bytes"] = static_cast<double>(message_bytes);
  state.counters["allocs"] = static_cast<double>(allocated) /
                             static_cast<double>(std::max<std::int64_t>(state.iterations(), 1));
}

template <class T>
void encode_messages(benchmark::State& state, const T& message, Codec codec, Gather gather) {
  const Schema schema = schema_with<T>(codec);
  const std::int16_t version = T::info.latest_stable();
  std::size_t bytes = 0;
  const std::uint64_t before = allocations.load();
  for (auto _ : state) {
    Writer out(gather);
    CHECK(encode_message(schema, &message, version, out).has_value(), "does not encode");
    bytes = out.total_size();
    benchmark::DoNotOptimize(out.written().data());
  }
  report(state, bytes, allocations.load() - before);
}

template <class T>
void decode_messages(benchmark::State& state, const T& message, Codec codec, std::uint64_t arrays) {
  const Schema schema = schema_with<T>(codec);
  const std::int16_t version = T::info.latest_stable();
  const SharedBytes frame = encode(message, version).value();
  const std::uint64_t before = allocations.load();
  for (auto _ : state) {
    T decoded;
    CHECK(decode_message(schema, &decoded, version, frame, 0).has_value(), "does not decode");
    benchmark::DoNotOptimize(&decoded);
  }
  const std::uint64_t taken = allocations.load() - before;
  report(state, frame.size(), taken);
  const auto allowed = static_cast<std::uint64_t>(state.iterations()) * arrays;
  CHECK(taken <= allowed + 64, "{} allocations, {} arrays", taken, allowed);
}

void add(const std::string& name, auto run) {
  benchmark::RegisterBenchmark(name.c_str(), run)->Unit(benchmark::kMicrosecond);
}

template <class T>
void add_both_ways(const std::string& what, const T& message, Codec codec, std::uint64_t arrays) {
  const std::string suffix = codec == Codec::table ? "/table" : "/compiled";
  add("encode/" + what + suffix,
      [=](benchmark::State& state) { encode_messages(state, message, codec, Gather::nothing); });
  add("decode/" + what + suffix,
      [=](benchmark::State& state) { decode_messages(state, message, codec, arrays); });
}

void add_all() {
  for (const Codec codec : {Codec::table, Codec::compiled}) {
    add_both_ways("Produce/partitions:1", produce_request(1), codec, 2);
    add_both_ways("Produce/partitions:100", produce_request(100), codec, 2);
    add_both_ways("FetchResponse/partitions:100", fetch_response(100), codec, 2);
    // brokers, topics; of each topic its partitions; of each partition replicas and isr
    add_both_ways("MetadataResponse/partitions:10000", metadata_response(10'000), codec,
                  2 + 100 + 2 * 10'000);
  }
}

}  // namespace
}  // namespace moldau::protocol

int main(int argc, char** argv) {
  moldau::protocol::add_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
