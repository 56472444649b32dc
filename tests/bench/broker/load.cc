// A load of producers, consumers at the head and readers of old records, on librdkafka.
//
// With a rate the loop is open: each record has an intended time, fixed beforehand, and its latency
// counts from there, so a broker that stalls is charged for all records that had to wait
// (coordinated omission). Without one the producers send as fast as their queues take records.
// Consumers read the intended time in the record: end to end. One JSON object on stdout; options
// are in main(), each given as name=value.
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "histogram.h"
#include "options.h"
#include "watch.h"

namespace moldau::bench {
namespace {

constexpr int64_t second_ns = 1'000'000'000;
constexpr int64_t drain_ns = 30 * second_ns;  // for what is under way at the end
constexpr int64_t least_sleep_ns = 300'000;   // shorter ones, of all producers, fill a processor
constexpr int keys_per_partition = 16;        // hashed: fewer would leave partitions without any
constexpr int keys_least = 1'000;
constexpr double behind_bytes_max = 32e6;  // that a consumer at the head may be behind, closed loop
constexpr uint64_t behind_seldom = 64;     // records between two looks at that
constexpr size_t stamp_bytes = sizeof(int64_t);

void sleep_until(int64_t at) {
  const timespec until{.tv_sec = at / second_ns, .tv_nsec = at % second_ns};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
}

/// What all threads share.
struct Run {
  const Options& options;
  int64_t begin_ns = 0;  ///< of the window that counts
  int64_t end_ns = 0;
  std::string payload = {};  ///< events as JSON; their ids are noise, the rest compresses well
  std::atomic<bool> produced = false;
  std::atomic<bool> ended = false;
  /// A consumer at the head does not keep up: what it has not read has cost the broker too little.
  std::function<bool()> is_behind = [] { return false; };

  bool counts(int64_t at) const { return at >= begin_ns && at < end_ns; }
};

using Settings = std::vector<std::pair<std::string, std::string>>;

rd_kafka_conf_t* make_conf(const Options& options, const Settings& settings) {
  auto* const conf = rd_kafka_conf_new();
  char error[256];
  auto all = settings;
  all.emplace_back("bootstrap.servers", options.text("bootstrap"));
  all.emplace_back("socket.nagle.disable", "true");
  all.emplace_back("broker.address.family", "v4");
  for (const auto& [name, value] : all) {
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), error, sizeof(error)) !=
        RD_KAFKA_CONF_OK) {
      fail(error);
    }
  }
  return conf;
}

rd_kafka_t* make_client(rd_kafka_type_t type, rd_kafka_conf_t* conf) {
  char error[256];
  auto* const client = rd_kafka_new(type, conf, error, sizeof(error));
  if (client == nullptr) fail(error);
  return client;
}

/// One producer: a thread that sends at the intended times, and one that takes the reports.
class Producer {
 public:
  Producer(Run& run, int number)
      : run_(run),
        number_(number),
        has_keys_(run.options.text("keys") == "roundrobin"),
        keys_(static_cast<uint64_t>(
            std::max(keys_least, keys_per_partition * run.options.whole("partitions")))) {
    const auto& options = run.options;
    auto* const conf =
        make_conf(options, {{"linger.ms", options.text("linger")},
                            {"acks", options.text("acks")},
                            {"compression.codec", options.text("codec")},
                            {"enable.idempotence", options.text("idempotence")},
                            {"queue.buffering.max.messages", options.text("queue")},
                            {"queue.buffering.max.kbytes", options.text("queue_kib")}});
    rd_kafka_conf_set_opaque(conf, this);
    rd_kafka_conf_set_dr_msg_cb(conf,
                                [](rd_kafka_t*, const rd_kafka_message_t* message, void* self) {
                                  static_cast<Producer*>(self)->reported(*message);
                                });
    client_ = make_client(RD_KAFKA_PRODUCER, conf);
    topic_ = rd_kafka_topic_new(client_, options.text("topic").c_str(), nullptr);
    value_.resize(static_cast<size_t>(options.whole("size")));
  }

  /// Waits until the topic's leader is known, so that no latency includes that.
  void connect() {
    const rd_kafka_metadata_t* metadata = nullptr;
    const auto error = rd_kafka_metadata(client_, 0, topic_, &metadata, 30'000);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) fail(rd_kafka_err2str(error));
    rd_kafka_metadata_destroy(metadata);
  }

  void start(int64_t from_ns) {
    sender_ = std::thread([this, from_ns] { send_all(from_ns); });
    poller_ = std::thread([this] {
      while (!run_.ended) rd_kafka_poll(client_, 100);
    });
  }

  void join_sender() { sender_.join(); }
  bool idle() const { return rd_kafka_outq_len(client_) == 0; }
  void join_poller() { poller_.join(); }

  Histogram latencies;
  uint64_t acked = 0;  ///< in the window
  std::atomic<uint64_t> acked_ever = 0;
  uint64_t failed = 0;
  uint64_t late = 0;  ///< intended in the window, sent more than a millisecond after that
  std::string last_error;

 private:
  void send_all(int64_t from_ns) {
    const double rate = run_.options.number("rate") / run_.options.number("producers");
    if (rate <= 0) {
      for (auto now = now_ns(); now < run_.end_ns; now = now_ns()) {
        send(now);
        if (sent_ % behind_seldom == 0) wait_for_consumers();
      }
      return;
    }
    // The producers' records are spread over the interval.
    const double interval = 1e9 / rate;
    const double first = interval * number_ / run_.options.number("producers");
    for (uint64_t index = 0;; ++index) {
      const auto due =
          from_ns + static_cast<int64_t>(first + interval * static_cast<double>(index));
      if (due >= run_.end_ns) return;
      const auto now = wait_until(due);
      if (run_.counts(due) && now > due + 1'000'000) ++late;
      send(due);
    }
  }

  void wait_for_consumers() {
    while (run_.is_behind() && now_ns() < run_.end_ns) sleep_until(now_ns() + least_sleep_ns);
  }

  /// The time then. What is due meanwhile is sent right after that: its latency counts from when it
  /// was due.
  static int64_t wait_until(int64_t due) {
    const auto now = now_ns();
    if (now >= due) return now;
    sleep_until(std::max(due, now + least_sleep_ns));
    return now_ns();
  }

  void send(int64_t due) {
    const auto slice = (sent_ * 61) % (run_.payload.size() - value_.size() + 1);
    std::memcpy(value_.data(), run_.payload.data() + slice, value_.size());
    std::memcpy(value_.data(), &due, stamp_bytes);
    const auto key = has_keys_ ? fmt::format("key-{}", sent_ % keys_) : std::string();
    ++sent_;
    while (rd_kafka_produce(topic_, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, value_.data(),
                            value_.size(), has_keys_ ? key.data() : nullptr, key.size(),
                            reinterpret_cast<void*>(due)) != 0) {
      if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        fail(rd_kafka_err2str(rd_kafka_last_error()));
      }
      if (now_ns() > run_.end_ns + drain_ns) fail("no room in a producer's queue for 30 s");
      const timespec pause{.tv_sec = 0, .tv_nsec = 200'000};
      nanosleep(&pause, nullptr);
    }
  }

  void reported(const rd_kafka_message_t& message) {
    const auto now = now_ns();
    const auto due = reinterpret_cast<int64_t>(message._private);
    if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      ++failed;
      last_error = rd_kafka_err2str(message.err);
      return;
    }
    ++acked_ever;
    if (run_.counts(now)) ++acked;
    if (run_.counts(due)) latencies.add(now - due);
  }

  Run& run_;
  int number_;
  const bool has_keys_;
  const uint64_t keys_;
  rd_kafka_t* client_ = nullptr;
  rd_kafka_topic_t* topic_ = nullptr;
  std::string value_;
  uint64_t sent_ = 0;
  std::thread sender_;
  std::thread poller_;
};

enum class From { head, beginning };

/// Reads the whole topic. From the beginning: again and again.
class Consumer {
 public:
  Consumer(Run& run, From from) : run_(run), from_(from) {
    client_ = make_client(
        RD_KAFKA_CONSUMER,
        make_conf(run.options, {{"group.id", "load"},
                                {"enable.auto.commit", "false"},
                                {"auto.offset.reset", "earliest"},
                                {"check.crcs", "false"},
                                {"enable.partition.eof", from == From::head ? "false" : "true"},
                                {"queued.max.messages.kbytes", "16384"}}));
    rd_kafka_poll_set_consumer(client_);
    assign();
  }

  void start() {
    thread_ = std::thread([this] { read_all(); });
  }
  void join() { thread_.join(); }

  Histogram latencies;
  uint64_t read = 0;        ///< in the window
  uint64_t read_bytes = 0;  ///< of values
  std::atomic<uint64_t> read_ever = 0;
  uint64_t failed = 0;
  std::string last_error;

 private:
  /// At the offsets where the partitions begin or end now.
  void assign() {
    const auto& topic = run_.options.text("topic");
    const int count = run_.options.whole("partitions");
    ends_ = 0;
    auto* const list = rd_kafka_topic_partition_list_new(count);
    for (int partition = 0; partition < count; ++partition) {
      int64_t low = 0;
      int64_t high = 0;
      query(topic, partition, low, high);
      rd_kafka_topic_partition_list_add(list, topic.c_str(), partition)->offset =
          from_ == From::head ? high : low;
    }
    rd_kafka_assign(client_, list);
    rd_kafka_topic_partition_list_destroy(list);
  }

  /// A topic that is new may not be led yet.
  void query(const std::string& topic, int partition, int64_t& low, int64_t& high) const {
    const auto end = now_ns() + 30 * second_ns;
    while (true) {
      const auto error =
          rd_kafka_query_watermark_offsets(client_, topic.c_str(), partition, &low, &high, 30'000);
      if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return;
      if (now_ns() > end) fail(rd_kafka_err2str(error));
      sleep_until(now_ns() + 20'000'000);
    }
  }

  void read_all() {
    auto* const queue = rd_kafka_queue_get_consumer(client_);
    std::vector<rd_kafka_message_t*> messages(from_ == From::head ? 1'000 : 20);
    const auto begun = now_ns();
    while (!run_.ended) {
      wait_for_turn(begun);
      const auto count = rd_kafka_consume_batch_queue(queue, 20, messages.data(), messages.size());
      const auto now = now_ns();
      for (ssize_t index = 0; index < count; ++index) {
        take(*messages[static_cast<size_t>(index)], now);
        rd_kafka_message_destroy(messages[static_cast<size_t>(index)]);
      }
      if (ends_ == run_.options.whole("partitions") && !run_.ended) assign();
    }
    rd_kafka_queue_destroy(queue);
  }

  /// A reader of old records takes as much as it is given, not as much as it can: the load has one
  /// processor for readers and producers.
  void wait_for_turn(int64_t begun) {
    const double bytes_per_s = 1e6 * run_.options.number("reader_mb_s");
    if (from_ == From::head || bytes_per_s <= 0) return;
    const auto due =
        begun + static_cast<int64_t>(static_cast<double>(read_bytes_ever_) / bytes_per_s * 1e9);
    constexpr int64_t longest = 20'000'000;
    while (due > now_ns() && !run_.ended) sleep_until(std::min(due, now_ns() + longest));
  }

  void take(const rd_kafka_message_t& message, int64_t now) {
    if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      ++ends_;
      return;
    }
    if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      ++failed;
      last_error = rd_kafka_err2str(message.err);
      return;
    }
    ++read_ever;
    read_bytes_ever_ += message.len;
    if (run_.counts(now)) {
      ++read;
      read_bytes += message.len;
    }
    int64_t due = 0;
    if (from_ == From::head && message.len >= stamp_bytes) {
      std::memcpy(&due, message.payload, stamp_bytes);
      if (run_.counts(due)) latencies.add(now - due);
    }
  }

  Run& run_;
  From from_;
  rd_kafka_t* client_ = nullptr;
  uint64_t read_bytes_ever_ = 0;
  int ends_ = 0;  // partitions that were read to their end since assign()
  std::thread thread_;
};

std::string make_payload(size_t bytes) {
  std::string payload;
  uint64_t state = 1;
  while (payload.size() < bytes) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    payload +=
        fmt::format(R"({{"id":{:016x},"name":"a sensor of the first floor","on":true}},)", state);
  }
  return payload;
}

struct Clients {
  std::vector<std::unique_ptr<Producer>> producers;
  std::vector<std::unique_ptr<Consumer>> consumers;
  std::vector<std::unique_ptr<Consumer>> readers;

  uint64_t acked_ever() const {
    uint64_t sum = 0;
    for (const auto& one : producers) sum += one->acked_ever;
    return sum;
  }
};

Clients make_clients(Run& run) {
  Clients clients;
  const auto count = [&run](const char* what) { return run.options.whole(what); };
  for (int number = 0; number < count("producers"); ++number) {
    clients.producers.push_back(std::make_unique<Producer>(run, number));
    clients.producers.back()->connect();
  }
  for (int number = 0; number < count("consumers"); ++number) {
    clients.consumers.push_back(std::make_unique<Consumer>(run, From::head));
  }
  for (int number = 0; number < count("readers"); ++number) {
    clients.readers.push_back(std::make_unique<Consumer>(run, From::beginning));
  }
  return clients;
}

/// Waits for what is under way: reports of the producers, and what consumers at the head have to
/// come.
void drain(Run& run, Clients& clients) {
  for (auto& one : clients.producers) one->join_sender();
  const auto done = [&] {
    const bool reported = std::all_of(clients.producers.begin(), clients.producers.end(),
                                      [](const auto& one) { return one->idle(); });
    return reported &&
           std::all_of(clients.consumers.begin(), clients.consumers.end(),
                       [&](const auto& one) { return one->read_ever >= clients.acked_ever(); });
  };
  while (!done() && now_ns() < run.end_ns + drain_ns) sleep_until(now_ns() + 5'000'000);
  run.ended = true;
  for (auto& one : clients.producers) one->join_poller();
  for (auto& one : clients.consumers) one->join();
  for (auto& one : clients.readers) one->join();
}

/// Those who read: what they have in common is added up.
struct Reading {
  Histogram latencies;
  uint64_t read = 0;
  uint64_t bytes = 0;
  uint64_t read_ever = 0;
  uint64_t failed = 0;
  std::string last_error;

  explicit Reading(const std::vector<std::unique_ptr<Consumer>>& consumers) {
    for (const auto& one : consumers) {
      latencies.add(one->latencies);
      read += one->read;
      bytes += one->read_bytes;
      read_ever += one->read_ever;
      failed += one->failed;
      if (!one->last_error.empty()) last_error = one->last_error;
    }
  }
};

void report(const Run& run, const Clients& clients, const std::string& usage) {
  Histogram latencies;
  uint64_t acked = 0;
  uint64_t failed = 0;
  uint64_t late = 0;
  std::string last_error;
  for (const auto& one : clients.producers) {
    latencies.add(one->latencies);
    acked += one->acked;
    failed += one->failed;
    late += one->late;
    if (!one->last_error.empty()) last_error = one->last_error;
  }
  const Reading head(clients.consumers);
  const Reading cold(clients.readers);
  for (const auto* one : {&head, &cold}) {
    if (!one->last_error.empty()) last_error = one->last_error;
  }
  // Every consumer at the head must have got every record.
  const auto wanted = clients.acked_ever() * clients.consumers.size();
  fmt::print(R"({{{}, "records": {}, "payload_bytes": {}, "late": {}, "errors": {}, )"
             R"("last_error": "{}", "consumed": {}, "consumed_bytes": {}, "missing": {}, )"
             R"("cold_records": {}, "cold_bytes": {}, "acked": {}, "end_to_end": {}}})"
             "\n",
             usage, acked, acked * run.options.number("size"), late,
             failed + head.failed + cold.failed, last_error, head.read, head.bytes,
             wanted > head.read_ever ? wanted - head.read_ever : 0, cold.read, cold.bytes,
             latencies.json(), head.latencies.json());
}

int run(const Options& options) {
  if (options.number("size") < stamp_bytes) fail("a record has at least 8 bytes");
  Run run{.options = options};
  run.payload = make_payload((1 << 20) + static_cast<size_t>(options.whole("size")));
  auto clients = make_clients(run);
  run.is_behind = [&clients, most = behind_bytes_max / options.number("size")] {
    const auto acked = clients.acked_ever();
    return std::any_of(clients.consumers.begin(), clients.consumers.end(), [&](const auto& one) {
      return static_cast<double>(acked) > static_cast<double>(one->read_ever) + most;
    });
  };
  for (auto& one : clients.consumers) one->start();
  for (auto& one : clients.readers) one->start();
  const auto from = now_ns() + second_ns / 20;
  run.begin_ns = from + static_cast<int64_t>(options.number("warm") * 1e9);
  run.end_ns = run.begin_ns + static_cast<int64_t>(options.number("seconds") * 1e9);
  for (auto& one : clients.producers) one->start(from);
  const Watch watch(options.whole("pid"), options.text("disk"));
  sleep_until(run.begin_ns);
  const auto before = watch.now();
  sleep_until(run.end_ns);
  const auto after = watch.now();
  drain(run, clients);
  report(run, clients, Watch::json(before, after));
  std::fflush(stdout);
  std::_Exit(0);  // the clients' threads need not be ended one by one
}

}  // namespace
}  // namespace moldau::bench

int main(int argc, char** argv) {
  using namespace moldau::bench;
  return run(Options(
      argc, argv,
      {{"bootstrap", ""},       {"topic", ""},        {"partitions", "1"},    {"producers", "1"},
       {"rate", "0"},           {"warm", "1"},        {"seconds", "3"},       {"size", "1024"},
       {"keys", "none"},        {"linger", "5"},      {"acks", "all"},        {"codec", "none"},
       {"idempotence", "true"}, {"queue", "20000"},   {"queue_kib", "32768"}, {"consumers", "0"},
       {"readers", "0"},        {"reader_mb_s", "0"}, {"pid", "0"},           {"disk", ""}}));
}
