#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "base/scenario_test.h"
#include "coordinator/group/consumer/assignor.h"

namespace moldau::coordinator {

/// A group for an assignor, written as "t1=4" for topics and "a=t1+t2/t1:0,1;t2:0/i1" for members:
/// subscription, target before, instance id.
class AssignorCase {
 public:
  struct Member {
    std::set<Uuid> topics;
    TopicPartitions previous;
    std::optional<std::string> instance_id;
  };
  std::map<Uuid, std::int32_t> topics;
  std::map<std::string, Member> members;

  static Uuid topic_id(const std::string& name) { return Uuid::of(0, std::stoull(name.substr(1))); }

  static AssignorCase parse(const scenario::Command& command) {
    AssignorCase result;
    for (const auto& [key, value] : command.args) {
      if (key.starts_with('t')) {
        result.topics[topic_id(key)] = std::stoi(value);
        continue;
      }
      std::istringstream in(value);
      std::string names;
      std::string previous;
      std::string instance;
      std::getline(in, names, '/');
      std::getline(in, previous, '/');
      Member& member = result.members[key];
      if (std::getline(in, instance, '/')) member.instance_id = instance;
      for (const auto& name : split(names, '+')) member.topics.insert(topic_id(name));
      for (const auto& topic : split(previous, ';')) {
        const std::size_t colon = topic.find(':');
        std::vector<PartitionId> partitions;
        for (const auto& n : split(topic.substr(colon + 1), ',')) {
          partitions.emplace_back(std::stoi(n));
        }
        add_partitions(member.previous, topic_id(topic.substr(0, colon)), partitions);
      }
    }
    return result;
  }

  GroupAssignment assign(Assignor assignor) const {
    AssignorGroup group;
    group.is_homogeneous = true;
    for (const auto& [id, member] : members) {
      group.is_homogeneous &= member.topics == members.begin()->second.topics;
      for (const Uuid& topic : member.topics) group.partition_counts[topic] = topics.at(topic);
      group.members.push_back({.id = id,
                               .instance_id = member.instance_id,
                               .topics = std::vector(member.topics.begin(), member.topics.end()),
                               .previous = &member.previous});
    }
    return assignor(group);
  }

  std::string show(const GroupAssignment& assignment) const {
    std::string text;
    auto of_member = assignment.begin();
    for (const auto& [id, member] : members) text += id + " " + show(*of_member++) + "\n";
    return text;
  }

  static std::string show(const TopicPartitions& partitions) {
    std::string text;
    for (const auto& [topic, list] : partitions) {
      text += fmt::format("{}t{}:{}", text.empty() ? "" : ";", topic.least(), fmt::join(list, ","));
    }
    return text.empty() ? "none" : text;
  }

 private:
  static std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> result;
    std::istringstream in(text == "none" ? "" : text);
    for (std::string item; std::getline(in, item, separator);) result.push_back(item);
    return result;
  }
};

}  // namespace moldau::coordinator
