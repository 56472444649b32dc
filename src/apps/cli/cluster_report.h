#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/cli/wire.h"

namespace moldau::apps {

/// What `cluster describe` shows. A part that the brokers do not serve is null.
struct ClusterReport {
  struct Broker {
    BrokerAddress address;
    bool is_fenced{false};
  };
  struct Replica {
    NodeId id{};
    bool is_voter{false};
    std::int64_t log_end{0};
    std::int64_t lag{0};                       ///< records behind the leader
    std::optional<std::int64_t> caught_up_ms;  ///< when it last was; since the epoch
  };
  struct Quorum {
    NodeId leader{};
    std::int32_t epoch{0};
    std::int64_t high_watermark{0};
    std::vector<Replica> replicas;
  };
  struct Feature {
    std::string name;
    std::int16_t finalized{0};  ///< 0: off
    std::int16_t lowest{0};     ///< supported by the broker that was asked
    std::int16_t highest{0};
  };
  struct LogDir {
    NodeId broker{};
    std::string path;
    std::string problem;  ///< "KAFKA_STORAGE_ERROR"; empty if there is none
    std::size_t partitions{0};
    std::int64_t bytes{0};          ///< of the partitions
    std::size_t moving_in{0};       ///< partitions on their way from another directory
    std::int64_t moving_in_lag{0};  ///< offsets that they have still to copy
    std::optional<std::int64_t> total_bytes;
    std::optional<std::int64_t> usable_bytes;
  };

  std::string id;
  NodeId controller{};
  std::vector<Broker> brokers;
  std::optional<Quorum> quorum;
  std::vector<Feature> features;
  std::optional<std::vector<LogDir>> log_dirs;
  std::vector<Error> failures;  ///< brokers that did not answer
};

/// Errors: those of Wire.
Result<ClusterReport> read_cluster_report(Wire& wire);

std::string report_text(const ClusterReport& report);
std::string report_json(const ClusterReport& report);

}  // namespace moldau::apps
