#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "apps/cli/kafka_client.h"
#include "apps/cli/position.h"
#include "apps/cli/record_format.h"

namespace moldau::apps {

using Message = Owned<rd_kafka_message_t, rd_kafka_message_destroy>;

/// Where `consume` has its records from. One thread.
class RecordSource {
 public:
  virtual ~RecordSource() = default;
  /// Null after half a second without news, and for news that are no record. Errors: those that
  /// KafkaClient::explain makes.
  virtual Result<Message> next() = 0;
  /// All up to this record has been given out: a group need not see it again.
  virtual void done(const std::string& topic, std::int32_t partition, std::int64_t offset) = 0;
  /// Whether every partition that is being read was seen to its end.
  virtual bool at_end() const = 0;
  /// Leaves the group, if there is one, after what was done has been committed.
  virtual void close() = 0;
};

struct PartitionChoice {
  std::vector<std::string> topics;
  std::vector<std::int32_t> partitions;  ///< of each topic; empty: all
  Position from;
};

/// Reads partitions on its own: in no group, nothing is stored anywhere. Errors: unavailable;
/// not_found.
Result<std::unique_ptr<RecordSource>> open_partitions(const ClientOptions& options,
                                                      const PartitionChoice& choice, WallMs now);

/// Joins a group that reads these topics. Where it has committed nothing it begins at `earliest` or
/// `latest`.
Result<std::unique_ptr<RecordSource>> join_group(const ClientOptions& options,
                                                 const std::vector<std::string>& topics,
                                                 const std::string& group,
                                                 Position::Kind where_nothing_is_committed);

/// Valid as long as the message.
RecordView view(const rd_kafka_message_t& message);

}  // namespace moldau::apps
