#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/config.h"
#include "base/ids.h"
#include "base/listener.h"
#include "broker/request_log_options.h"
#include "env/transport.h"
#include "metadata/image.h"
#include "net/server_options.h"
#include "storage/log_dir.h"

namespace moldau::broker {

/// The configuration of a node as the broker uses it, made once from the static properties. What a
/// user may change while it runs is read through `properties` and the image instead.
struct BrokerConfig {
  StaticConfig properties;

  NodeId node_id{no_node};
  std::optional<std::string> rack;
  std::vector<ListenerAddress> listeners;             ///< of the broker role, bound
  std::vector<ListenerAddress> advertised;            ///< the same names, as clients reach them
  bool has_advertised_listeners{false};               ///< set by the user
  std::vector<ListenerAddress> controller_listeners;  ///< bound
  std::vector<std::string> log_dirs;

  storage::FlushStrategy flush_strategy{storage::FlushStrategy::automatic};
  std::optional<std::uint64_t> min_free_bytes;
  std::uint64_t scrub_bytes_per_second{0};
  // Not for users: the simulator is in a hurry.
  Duration scrub_first_after{std::chrono::minutes(1)};
  Duration scrub_interval{std::chrono::hours(24)};
  std::int64_t housekeeping_ms{1'000};
  /// Files of segments that stay open between two uses; from the process's limit.
  std::size_t open_log_files_max{storage::OpenFiles::unlimited};

  bool auto_create_topics_enable{true};
  std::int64_t fetch_max_bytes{55 << 20};
  std::size_t fetch_session_slots{1000};
  std::int32_t max_request_partition_size_limit{2000};
  std::uint64_t request_memory_bytes{0};  ///< and as much again for the records of answers
  net::ServerOptions server;              ///< without the limits of connections, which may change
  RequestLogOptions request_log;  ///< no property of Kafka's: off until somebody sets it here

  /// Errors: invalid, naming the property: what this version can not do (another role, security),
  /// or what contradicts something else.
  static Result<BrokerConfig> make(StaticConfig properties);
};

/// Names of the security protocols, by their numbers in metadata records.
std::int16_t security_protocol_number(std::string_view name);

}  // namespace moldau::broker
