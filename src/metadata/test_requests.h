#pragma once

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "base/scenario_test.h"
#include "metadata/controller.h"

/// Requests of the administration from a scenario's command line, and answers as its text.
namespace moldau::metadata {

inline std::string outcome(protocol::ErrorCode error, const std::optional<Text>& message) {
  return fmt::format("{}{}{}", protocol::name(error), message ? ": " : "",
                     message ? message->view() : std::string_view());
}
inline bool has_word(const scenario::Command& command, const std::string& word) {
  return std::ranges::find(command.words, word) != command.words.end();
}
inline std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> result;
  std::istringstream in(text);
  for (std::string item; std::getline(in, item, separator);) result.push_back(item);
  return result;
}

/// "key:value": a value of 40000 stars is "key:long".
struct KeyAndValue {
  std::string key;
  std::optional<std::string> value;
};
inline std::vector<KeyAndValue> keys_and_values(const std::string& text) {
  std::vector<KeyAndValue> result;
  for (const std::string& item : split(text, ';')) {
    const auto colon = item.find(':');
    auto& to = result.emplace_back(KeyAndValue{item.substr(0, colon), std::nullopt});
    if (colon == std::string::npos) continue;
    to.value = item.substr(colon + 1);
    if (to.value == "long") to.value = std::string(40'000, '*');
  }
  return result;
}

/// type=2 names=a,b set=k:v;k:v delete=k;k append=k:v subtract=k:v op7=k:v [validate]
inline protocol::IncrementalAlterConfigsRequest incremental_request(
    const scenario::Command& command) {
  protocol::IncrementalAlterConfigsRequest request;
  request.validate_only = has_word(command, "validate");
  auto names = command.list("names");
  if (names.empty()) names.emplace_back();
  for (const std::string& name : names) {
    auto& resource = request.resources.emplace_back();
    resource.resource_type = static_cast<std::int8_t>(command.number("type", 2));
    resource.resource_name = Text(name);
    for (const auto& [word, operation] :
         {std::pair("set", 0), {"delete", 1}, {"append", 2}, {"subtract", 3}, {"op7", 7}}) {
      for (auto& [key, value] : keys_and_values(command.text(word))) {
        auto& config = resource.configs.emplace_back();
        config.name = Text(key);
        config.config_operation = static_cast<std::int8_t>(operation);
        config.value.reset();
        if (value) config.value = Text(*value);
      }
    }
  }
  return request;
}

/// type=2 names=a,b set=k:v;k:v [validate]
inline protocol::AlterConfigsRequest legacy_request(const scenario::Command& command) {
  protocol::AlterConfigsRequest request;
  const auto incremental = incremental_request(command);
  request.validate_only = incremental.validate_only;
  for (const auto& from : incremental.resources) {
    auto& resource = request.resources.emplace_back();
    resource.resource_type = from.resource_type;
    resource.resource_name = from.resource_name;
    for (const auto& config : from.configs) {
      resource.configs.push_back({.name = config.name, .value = config.value});
    }
  }
  return request;
}

template <class Response>
std::string describe_responses(const Response& response) {
  std::string text;
  for (const auto& result : response.responses) {
    text += fmt::format("{}{}/{} {}", text.empty() ? "" : "\n-> ", result.resource_type,
                        result.resource_name, outcome(result.error_code, result.error_message));
  }
  return text.empty() ? "nothing" : text;
}

/// NAME:LEVEL[:TYPE]... [version=2] [validate]
inline protocol::UpdateFeaturesRequest features_request(const scenario::Command& command) {
  protocol::UpdateFeaturesRequest request;
  for (const std::string& word : command.words) {
    if (word == "validate") {
      request.validate_only = true;
      continue;
    }
    const auto parts = split(word, ':');
    auto& update = request.feature_updates.emplace_back();
    update.feature = Text(parts.at(0));
    update.max_version_level = static_cast<std::int16_t>(std::stoi(parts.at(1)));
    if (parts.size() > 2) update.upgrade_type = static_cast<std::int8_t>(std::stoi(parts[2]));
    update.allow_downgrade = parts.size() > 3 && parts[3] == "allow";
  }
  return request;
}

/// [type=0] [partitions=a/0,b/1]; all if there are none.
inline protocol::ElectLeadersRequest elect_request(const scenario::Command& command) {
  protocol::ElectLeadersRequest request;
  request.election_type = static_cast<std::int8_t>(command.number("type"));
  request.topic_partitions.reset();
  if (command.has("partitions")) request.topic_partitions.emplace();
  for (const std::string& item : command.list("partitions")) {
    const auto parts = split(item, '/');
    auto& topic = request.topic_partitions->emplace_back();
    topic.topic = Text(parts.at(0));
    topic.partitions.emplace_back(std::stoi(parts.at(1)));
  }
  return request;
}

inline std::string describe_elections(const protocol::ElectLeadersResponse& response) {
  std::string text(protocol::name(response.error_code));
  for (const auto& topic : response.replica_election_results) {
    for (const auto& partition : topic.partition_result) {
      text += fmt::format("\n-> {}/{} {}", topic.topic, partition.partition_id,
                          outcome(partition.error_code, partition.error_message));
    }
  }
  return text;
}

}  // namespace moldau::metadata
