#pragma once

#include <string>
#include <vector>

#include "apps/cli/kafka_client.h"

namespace moldau::apps {

struct NewTopic {
  std::string name;
  int partitions{-1};          ///< -1: the broker's num.partitions
  int replication_factor{-1};  ///< -1: the broker's default.replication.factor
  ClientProperties configs;
};

struct TopicConfig {
  std::string name;
  std::string value;
  bool is_default{true};
};

/// Errors of all: unavailable, invalid, not_found, exists; the text says what to do.
Result<> create_topic(const KafkaClient& client, const NewTopic& topic);
Result<> delete_topic(const KafkaClient& client, const std::string& name);
/// Sorted by name.
Result<std::vector<TopicConfig>> topic_configs(const KafkaClient& client, const std::string& name);

}  // namespace moldau::apps
