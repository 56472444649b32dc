#pragma once

#include <fmt/format.h>

#include <map>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "base/scenario_test.h"
#include "coordinator/group/groups_commands_test.h"

namespace moldau::coordinator {

/// The commands of the stories about groups of the consumer protocol, beside those of
/// GroupsCommands. A member's id is the name of its client; it remembers the epoch and the
/// assignment that it was last told. Partitions are written and printed as "t1:0,1;t2:0".
///   topic NAME [partitions=N] [racks=a+b/c]: makes or changes it (t7 has the id 7); 0: it is
///   deleted beat CLIENT [epoch=N] [names=t1+t2|none] [regex=R|none] [owned=t1:0,1|none|mine]
///   [instance=I]
///        [rack=R] [rebalance=N] [assignor=A] [member=ID|none] [version=1] [describes=t1+t2]
///   come CLIENT ...: the first beat: epoch 0, names=t1, owning nothing, rebalance=60000
///   go CLIENT [instance=I] [for=good|while]
///   details: ConsumerGroupDescribe
///   configure [session=N] [heartbeat=N] [assignment=N]: of the group itself
class ConsumerCommands : public GroupsCommands {
 public:
  std::string run(const scenario::Command& command) {
    group_ = command.text("group", "g");
    if (group_ == "none") group_.clear();
    if (command.name == "topic") return change_topic(command);
    if (command.name == "beat") return beat(command.words.at(0), beat_of(command), command);
    if (command.name == "come") return come(command);
    if (command.name == "go") return go(command);
    if (command.name == "details") {
      return finish(machine().consumer_describe(context(), group_), std::int16_t{1});
    }
    if (command.name == "configure") return configure(command);
    return GroupsCommands::run(command);
  }

 protected:
  using Request = protocol::ConsumerGroupHeartbeatRequest;
  struct Told {
    std::int32_t epoch{0};
    std::string assignment{"none"};
    protocol::ErrorCode error{};
    bool was_told{false};  ///< of the last answer: with an assignment
  };
  std::map<std::string, Told> told_;
  std::string group_{"g"};

  static std::vector<Request::TopicPartitions> parse_partitions(const std::string& text) {
    std::vector<Request::TopicPartitions> result;
    std::istringstream in(text == "none" ? "" : text);
    for (std::string item; std::getline(in, item, ';');) {
      const std::size_t colon = item.find(':');
      auto& topic = result.emplace_back();
      topic.topic_id = Uuid::of(0, std::stoull(item.substr(1, colon - 1)));
      std::istringstream numbers(item.substr(colon + 1));
      for (std::string n; std::getline(numbers, n, ',');)
        topic.partitions.emplace_back(std::stoi(n));
    }
    return result;
  }

 private:
  static std::vector<std::string> parse_names(const std::string& text) {
    std::vector<std::string> result;
    std::istringstream in(text == "none" ? "" : text);
    for (std::string name; std::getline(in, name, '+');) result.push_back(name);
    return result;
  }

  std::string change_topic(const scenario::Command& command) {
    const std::string name = command.words.at(0);
    const auto partitions = static_cast<std::int32_t>(command.number("partitions", 1));
    const bool is_new = !topics_.find(name);
    if (partitions == 0) {
      topics_.erase(name);
    } else {
      TestTopics::Topic topic{
          .id = Uuid::of(0, std::stoull(name.substr(1))), .partitions = partitions, .racks{}};
      std::istringstream racks(command.text("racks"));
      for (std::string item; std::getline(racks, item, '/');) {
        topic.racks.push_back(parse_names(item));
      }
      topics_.put(name, std::move(topic));
    }
    const std::vector<std::string> names{name};
    machine().on_topics_changed(
        names, is_new && partitions > 0 ? std::optional(topics_.version()) : std::nullopt);
    return {};
  }

  Request beat_of(const scenario::Command& command) {
    const std::string client = command.words.at(0);
    Request request;
    request.group_id = Text(group_);
    request.member_id = Text(member_id_of(command, client));
    request.member_epoch = static_cast<std::int32_t>(command.number("epoch", told_[client].epoch));
    const auto text = [&](const std::string& key) {
      return command.has(key) ? std::optional(Text(command.text(key))) : std::nullopt;
    };
    request.instance_id = text("instance");
    request.rack_id = text("rack");
    request.server_assignor = text("assignor");
    request.rebalance_timeout_ms = static_cast<std::int32_t>(command.number("rebalance", -1));
    if (command.has("names")) {
      request.subscribed_topic_names.emplace();
      for (const auto& name : parse_names(command.text("names"))) {
        request.subscribed_topic_names->emplace_back(name);
      }
    }
    request.subscribed_topic_regex = text("regex");
    if (command.text("regex") == "none") request.subscribed_topic_regex = Text("");
    if (command.has("owned")) {
      const std::string owned = command.text("owned");
      request.topic_partitions =
          parse_partitions(owned == "mine" ? told_[client].assignment : owned);
    }
    return request;
  }

  std::string come(const scenario::Command& command) {
    Request request = beat_of(command);
    request.member_epoch = 0;
    if (!command.has("rebalance")) request.rebalance_timeout_ms = 60'000;
    request.topic_partitions.emplace();
    if (!command.has("names") && !command.has("regex")) {
      request.subscribed_topic_names.emplace();
      request.subscribed_topic_names->emplace_back("t1");
    }
    return beat(command.words.at(0), request, command);
  }

  std::string go(const scenario::Command& command) {
    Request request = beat_of(command);
    request.member_epoch = command.text("for", "good") == "while" ? -2 : -1;
    return beat(command.words.at(0), request, command);
  }

  std::string beat(const std::string& client, const Request& request,
                   const scenario::Command& command) {
    const auto version = static_cast<std::int16_t>(command.number("version", 1));
    Caller caller = caller_of(client, version);
    std::set<std::string> allowed;
    for (const auto& name : parse_names(command.text("describes"))) allowed.insert(name);
    const std::function<bool(std::string_view)> may_describe = [&](std::string_view name) {
      return allowed.contains(std::string(name));
    };
    if (command.has("describes")) caller.may_describe = &may_describe;
    auto step = machine().consumer_heartbeat(context(), caller, request);
    const auto& response = *step.reply;
    Told& told = told_[client];
    told.error = response.error_code;
    told.was_told = response.assignment.has_value();
    if (response.error_code == protocol::ErrorCode::none) told.epoch = response.member_epoch;
    if (response.assignment)
      told.assignment = show_partitions(response.assignment->topic_partitions);
    return finish(std::move(step), version);
  }

  std::string configure(const scenario::Command& command) {
    const auto number = [&](const std::string& key) {
      return command.has(key) ? std::optional(static_cast<std::int32_t>(command.number(key)))
                              : std::nullopt;
    };
    topics_.set(group_, {.consumer_session_timeout_ms = number("session"),
                         .consumer_heartbeat_interval_ms = number("heartbeat"),
                         .consumer_assignment_interval_ms = number("assignment")});
    return {};
  }

  static std::string member_id_of(const scenario::Command& command, const std::string& client) {
    const std::string id = command.text("member", client);
    return id == "none" ? "" : id;
  }
};

}  // namespace moldau::coordinator
