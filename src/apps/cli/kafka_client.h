#pragma once

#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"

namespace moldau::apps {

class Command;
/// How a command reaches the brokers; the same for all.
struct ClientOptions {
  std::string bootstrap{"localhost:9092"};
  std::vector<std::string> properties;  ///< librdkafka's, as key=value
  int timeout_ms{10'000};               ///< of one request
};

/// --bootstrap and --timeout.
void add_broker_options(Command app, ClientOptions& options);
/// And -X, for commands that use librdkafka.
void add_client_options(Command app, ClientOptions& options);

using ClientProperties = std::vector<std::pair<std::string, std::string>>;

template <auto destroy>
struct Destroyer {
  void operator()(auto* object) const { destroy(object); }
};
/// An object of librdkafka's, destroyed by the function that belongs to it.
template <class T, auto destroy>
using Owned = std::unique_ptr<T, Destroyer<destroy>>;

struct PartitionInfo {
  std::int32_t id{0};
  std::int32_t leader{-1};
  std::vector<std::int32_t> replicas;
  std::vector<std::int32_t> in_sync;
};

struct TopicInfo {
  std::string name;
  std::vector<PartitionInfo> partitions;  ///< sorted by id
};

/// A librdkafka client. One thread.
class KafkaClient {
 public:
  enum class Kind : std::uint8_t { producer, consumer };

  /// What librdkafka calls, on the thread that polls it.
  struct Callbacks {
    void (*on_delivery)(rd_kafka_t*, const rd_kafka_message_t*, void* opaque){nullptr};
    void (*on_rebalance)(rd_kafka_t*, rd_kafka_resp_err_t, rd_kafka_topic_partition_list_t*,
                         void* opaque){nullptr};
    void* opaque{nullptr};
  };

  /// `properties` first, then the user's. Errors: invalid.
  static Result<KafkaClient> make(Kind kind, const ClientOptions& options,
                                  const ClientProperties& properties, const Callbacks& callbacks);
  static Result<KafkaClient> make(Kind kind, const ClientOptions& options) {
    return make(kind, options, {}, {});
  }

  rd_kafka_t* get() const { return handle_.get(); }
  const ClientOptions& options() const { return options_; }

  /// All topics, sorted by name; creates none. Errors: unavailable.
  Result<std::vector<TopicInfo>> topics() const;
  /// Errors: unavailable; not_found.
  Result<TopicInfo> topic(const std::string& name) const;
  /// The first offset and the one after the last. Errors: unavailable.
  Result<std::pair<std::int64_t, std::int64_t>> offsets(const std::string& topic,
                                                        std::int32_t partition) const;
  /// The first offset at or after the timestamp, or librdkafka's "end" if no record is that late.
  /// Errors: unavailable.
  Result<std::int64_t> offset_at(const std::string& topic, std::int32_t partition,
                                 std::int64_t timestamp) const;

  /// An Error that says what to do about it.
  Error explain(rd_kafka_resp_err_t code, const std::string& what) const;

 private:
  using Handle = Owned<rd_kafka_t, rd_kafka_destroy>;
  KafkaClient(Handle handle, ClientOptions options)
      : handle_(std::move(handle)), options_(std::move(options)) {}

  Handle handle_;
  ClientOptions options_;
};

}  // namespace moldau::apps
