#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "coordinator/group/consumer/topics_test.h"
#include "coordinator/group/groups.h"
#include "coordinator/group/record_json_test.h"
#include "protocol/codec.h"
#include "protocol/messages/consumer_protocol.h"

namespace moldau::coordinator {

/// A machine, its log, its clients and its clock; carries out steps as their owner must, and checks
/// after each: every answer can be encoded in its version, only what was parked is released, and
/// only once, and a second machine that replays the log says the same.
class GroupsWorld {
 protected:
  struct Client {
    std::string member_id;
    std::int32_t generation{-1};
  };
  struct Asked {
    std::string client;
    std::int16_t version;
  };

  void start(GroupsConfig config) {
    config_ = config;
    log_.clear();
    parked_.clear();
    events_.clear();
    clients_.clear();
    last_uuid_ = 0;
    now_ = MonoTime{};
    wall_offset_ms_ = 0;
    machine_ = std::make_unique<Groups>(config_);
    machine_->on_loaded(context());
  }
  /// Everybody who waits does so in vain.
  std::string load() {
    std::string text;
    for (const auto& [id, asked] : parked_) text += fmt::format("lost: {}\n", asked.client);
    parked_.clear();
    machine_ = replayed();
    machine_->on_loaded(context());
    return text;
  }

  Groups& machine() { return *machine_; }
  Context context() {
    return {.now = now_,
            .wall = {1'000'000 + wall_offset_ms_ + now_ms()},
            .fresh_uuid = uuids_,
            .topics = &topics_};
  }
  std::int64_t now_ms() const { return to_ms(now_.time_since_epoch()); }
  Caller caller_of(const std::string& client, std::int32_t version) {
    asked_ = {client, static_cast<std::int16_t>(version)};
    return {.version = asked_.version,
            .client_id = clients_.find(client) == clients_.end()
                             ? clients_.try_emplace(client).first->first
                             : clients_.find(client)->first,
            .client_host = "/10.0.0.1",
            .reply_id = ++last_reply_id_};
  }

  std::string id_of(const std::string& client) { return clients_[client].member_id; }
  /// "a#2" is how a member id is written here.
  static std::string expand(const std::string& text) {
    const std::size_t hash = text.find('#');
    if (hash == std::string::npos) return text;
    return fmt::format("{}{}{:012x}", text.substr(0, hash), uuid_prefix,
                       std::stoull(text.substr(hash + 1)));
  }
  static std::string contract(std::string text) {
    for (std::size_t at = 0; (at = text.find(uuid_prefix, at)) != std::string::npos;) {
      const std::size_t size = uuid_prefix.size() + 12;
      const auto number = std::stoull(text.substr(at + uuid_prefix.size(), 12), nullptr, 16);
      text.replace(at, size, fmt::format("#{}", number));
    }
    return text;
  }
  /// "t1/0+1&t2/0": as an assignor of the classic protocol assigns it.
  static protocol::ConsumerProtocolAssignment parse_assignment(const std::string& text) {
    protocol::ConsumerProtocolAssignment result;
    std::istringstream in(text);
    for (std::string item; std::getline(in, item, '&');) {
      const std::size_t slash = item.find('/');
      auto& topic = result.assigned_partitions.emplace_back();
      topic.topic = Text(item.substr(0, slash));
      std::istringstream numbers(item.substr(slash + 1));
      for (std::string n; std::getline(numbers, n, '+');)
        topic.partitions.emplace_back(std::stoi(n));
    }
    return result;
  }
  /// "@t1/0+1" is an assignment, "@@" and so on one of an assignor of one's own; else the bytes.
  static SharedBytes assignment(const std::string& text) {
    if (!text.starts_with('@')) return SharedBytes::copy(as_bytes(text));
    const bool has_user_data = text.starts_with("@@");
    auto parsed = parse_assignment(text.substr(has_user_data ? 2 : 1));
    if (has_user_data) parsed.user_data = SharedBytes::copy(as_bytes("own"));
    protocol::Writer out;
    out.put(std::int16_t{1});
    EXPECT_TRUE(protocol::encode(parsed, 1, out));
    return out.take();
  }
  static std::string show_assignment(const SharedBytes& bytes) {
    const auto decoded = protocol::decode_assignment(bytes);
    if (bytes.size() == 0 || bytes.text()[0] != 0 || !decoded) return std::string(bytes.text());
    std::string text = "@";
    for (const auto& topic : decoded->message.assigned_partitions) {
      text += fmt::format("{}{}/{}", text == "@" ? "" : "&", topic.topic,
                          fmt::join(topic.partitions, "+"));
    }
    return text;
  }
  /// "t1+t2" is a subscription, "t1~t1/0" one that says what is owned, "*abc" other bytes; all as a
  /// member's metadata.
  static SharedBytes metadata(const std::string& text) {
    if (text.starts_with('*')) return SharedBytes::copy(as_bytes(text.substr(1)));
    protocol::ConsumerProtocolSubscription subscription;
    const std::size_t owned = text.find('~');
    std::istringstream in(text.substr(0, owned));
    for (std::string topic; std::getline(in, topic, '+');) subscription.topics.emplace_back(topic);
    if (owned != std::string::npos) {
      for (auto& topic : parse_assignment(text.substr(owned + 1)).assigned_partitions) {
        subscription.owned_partitions.push_back({topic.topic, topic.partitions});
      }
    }
    protocol::Writer out;
    out.put(std::int16_t{1});
    EXPECT_TRUE(protocol::encode(subscription, 1, out));
    return out.take();
  }

  /// Of JoinGroup and SyncGroup, which may park their answers.
  template <class Reply>
  std::string finish(GroupStep<Reply> step, const std::string& client, const Caller& caller) {
    std::string text = carry_out(step);
    if (!step.reply) {
      EXPECT_TRUE(parked_.emplace(caller.reply_id, asked_).second);
      return text + "-> parked\n";
    }
    remember(client, *step.reply);
    return text + "-> " + show(*step.reply, caller.version) + "\n";
  }
  template <class Reply>
  std::string finish(GroupStep<Reply> step, std::int16_t version = 0) {
    std::string text = carry_out(step);
    EXPECT_TRUE(step.reply);
    const std::string reply = show(*step.reply, version);
    return reply.empty() ? text : text + "-> " + reply + "\n";
  }

  std::string wait(std::int64_t ms) {
    const MonoTime end = now_ + milliseconds(ms);
    std::string text;
    for (int ticks = 0; machine_->next_deadline().value_or(end + milliseconds(1)) <= end; ++ticks) {
      EXPECT_LT(ticks, 10'000) << "it does not come to rest";
      if (ticks >= 10'000) break;
      now_ = std::max(now_, *machine_->next_deadline());
      const std::string happened = finish(machine_->tick(context()));
      if (!happened.empty()) text += fmt::format("time={}\n{}", now_ms(), happened);
    }
    now_ = end;
    return text;
  }

  /// "t1:0,1;t2:0": topics by the number that is their id.
  static std::string show_partitions(const auto& topics) {
    std::string text;
    for (const auto& topic : topics) {
      text += fmt::format("{}t{}:{}", text.empty() ? "" : ";", topic.topic_id.least(),
                          fmt::join(topic.partitions, ","));
    }
    return text.empty() ? "none" : text;
  }

  /// What has happened in the group since this was last asked.
  std::string events_of(std::string_view group) {
    std::string text;
    for (const GroupEvent& event : events_) {
      if (event.group != group) continue;
      text += fmt::format("{}{}", name(event.kind),
                          event.cause == GroupEvent::Kind::none
                              ? ""
                              : fmt::format(" because {}", name(event.cause)));
      if (!event.member.empty() || !event.client.empty()) {
        text += fmt::format(" [{} {}]", contract(event.member), event.client);
      }
      text += ": " + contract(event.text) + "\n";
    }
    events_.clear();
    return text.empty() ? "nothing\n" : text;
  }

  std::string inspected(std::string_view group) {
    const auto seen = machine_->inspect(context(), group);
    if (!seen) return "no such group\n";
    const auto number = [](const auto& value) { return value ? fmt::to_string(*value) : "-"; };
    std::string text =
        fmt::format("{} {} for={} generation={} target={} {}/{} leader={} members={} ids={}\n",
                    seen->type, seen->state, number(seen->state_for_ms), seen->generation,
                    number(seen->target_epoch), seen->protocol_type, seen->protocol,
                    contract(seen->leader), seen->member_count, seen->ids_given_out);
    for (const auto& one : seen->members) {
      text += fmt::format("   {} {}{} epoch={} session={} heard={}: {}\n", contract(one.id),
                          one.speaks_classic ? "classic" : "consumer",
                          one.instance_id.empty() ? "" : " instance=" + one.instance_id,
                          number(one.epoch), one.session_timeout_ms, number(one.heard_ms_ago),
                          one.doing);
    }
    for (const auto& wait : seen->waits_for) {
      text += fmt::format(
          "   waits for {}{} {}{} for={} left={}\n", contract(wait.member),
          wait.client.empty() ? "" : " (" + wait.client + ")", wait.what,
          wait.partitions.empty() ? "" : fmt::format(" {}", fmt::join(wait.partitions, ",")),
          number(wait.for_ms), number(wait.left_ms));
    }
    return text;
  }

  std::vector<GroupEvent> events_;
  GroupsConfig config_;
  TestTopics topics_;
  std::map<std::string, Client> clients_;
  std::map<ReplyId, Asked> parked_;
  std::int64_t wall_offset_ms_{0};

 private:
  static constexpr std::string_view uuid_prefix = "-00000000-0000-0001-0000-";

  template <class Reply>
  std::string carry_out(const GroupStep<Reply>& step) {
    std::string text;
    for (const std::string& note : step.notes) text += "note: " + contract(note) + "\n";
    events_.insert(events_.end(), step.events.begin(), step.events.end());
    for (const Record& record : step.records) {
      text += contract(record_as_json(record));
      log_.push_back(record);
      const auto known = machine_->replay(record.key.bytes(), value_of(record));
      EXPECT_TRUE(known && *known);
    }
    for (const Release<ParkedGroupReply>& release : step.released) {
      const auto parked = parked_.find(release.id);
      EXPECT_NE(parked, parked_.end()) << "released what nobody waits for";
      if (parked == parked_.end()) continue;
      const Asked asked = parked->second;
      parked_.erase(parked);
      std::visit(
          [&](const auto& response) {
            remember(asked.client, response);
            text += fmt::format("{} <- {}\n", asked.client, show(response, asked.version));
          },
          release.response);
    }
    expect_log_says_the_same();
    return text;
  }

  static std::optional<Bytes> value_of(const Record& record) {
    return record.value ? std::optional(record.value->bytes()) : std::nullopt;
  }

  std::unique_ptr<Groups> replayed() {
    auto groups = std::make_unique<Groups>(config_);
    for (const Record& record : log_) {
      EXPECT_TRUE(groups->replay(record.key.bytes(), value_of(record)));
    }
    return groups;
  }

  void expect_log_says_the_same() {
    const auto mirror = replayed();
    EXPECT_EQ(mirror->group_count(), machine_->group_count());
    EXPECT_EQ(mirror->offset_count(), machine_->offset_count());
    for (const auto& group : *machine_->list(context(), {}).reply) {
      if (group.group_type == "consumer") {
        EXPECT_EQ(show(*mirror->consumer_describe(context(), group.group_id).reply, 1),
                  show(*machine_->consumer_describe(context(), group.group_id).reply, 1));
        expect_one_owner_each(*machine_->consumer_describe(context(), group.group_id).reply);
      }
      protocol::OffsetFetchRequest::OffsetFetchRequestGroup all{.group_id = group.group_id,
                                                                .topics = std::nullopt};
      EXPECT_EQ(show(*mirror->fetch(context(), {}, all, true).reply, 9),
                show(*machine_->fetch(context(), {}, all, true).reply, 9));
      if (group.group_type != "classic") continue;
      if (group.group_state != "Stable" && group.group_state != "Empty") continue;
      EXPECT_EQ(show(*mirror->describe(context(), {}, group.group_id).reply, 5),
                show(*machine_->describe(context(), {}, group.group_id).reply, 5));
    }
  }

  void remember(const std::string& name, const protocol::JoinGroupResponse& response) {
    using protocol::ErrorCode;
    if (response.error_code != ErrorCode::none &&
        response.error_code != ErrorCode::member_id_required) {
      return;
    }
    clients_[name].member_id = response.member_id.str();
    if (response.error_code == ErrorCode::none) clients_[name].generation = response.generation_id;
  }
  void remember(const std::string&, const protocol::SyncGroupResponse&) {}

  static std::string show(const std::optional<Text>& text) { return text ? text->str() : "null"; }
  static std::string show(const SharedBytes& metadata) {
    const auto subscription = protocol::decode_subscription(metadata);
    if (!subscription) return fmt::format("*{}", metadata.text());
    return fmt::format("{}", fmt::join(subscription->message.topics, "+"));
  }

  static std::string show(const protocol::JoinGroupResponse& response, std::int16_t version) {
    EXPECT_TRUE(protocol::encode(response, version)) << "version " << version;
    std::string text = fmt::format("JoinGroup {}", response.error_code);
    text +=
        fmt::format(" generation={} protocol={}/{} leader={} member={}{}", response.generation_id,
                    show(response.protocol_type), show(response.protocol_name), response.leader,
                    response.member_id, response.skip_assignment ? " skip-assignment" : "");
    for (const auto& member : response.members) {
      text +=
          fmt::format(" {}{}:{}", member.member_id,
                      member.group_instance_id ? "(" + member.group_instance_id->str() + ")" : "",
                      show(member.metadata));
    }
    return contract(text);
  }
  static std::string show(const protocol::SyncGroupResponse& response, std::int16_t version) {
    EXPECT_TRUE(protocol::encode(response, version));
    return contract(fmt::format("SyncGroup {} protocol={}/{} assignment={}", response.error_code,
                                show(response.protocol_type), show(response.protocol_name),
                                show_assignment(response.assignment)));
  }
  static std::string show(const protocol::HeartbeatResponse& response, std::int16_t) {
    return fmt::format("Heartbeat {}", response.error_code);
  }
  static std::string show(const protocol::LeaveGroupResponse& response, std::int16_t version) {
    EXPECT_TRUE(protocol::encode(response, version));
    std::string text = fmt::format("LeaveGroup {}", response.error_code);
    for (const auto& member : response.members) {
      text += fmt::format(" {}({}):{}", member.member_id, show(member.group_instance_id),
                          member.error_code);
    }
    return contract(text);
  }
  static std::string show(const protocol::OffsetCommitResponse& response, std::int16_t version) {
    EXPECT_TRUE(protocol::encode(response, version));
    std::string text = "OffsetCommit";
    for (const auto& topic : response.topics) {
      for (const auto& partition : topic.partitions) {
        text +=
            fmt::format(" {}/{}:{}", topic.name, partition.partition_index, partition.error_code);
      }
    }
    return text;
  }
  static std::string show(const protocol::OffsetFetchResponse::OffsetFetchResponseGroup& response,
                          std::int16_t) {
    std::string text = fmt::format("OffsetFetch {}", response.error_code);
    for (const auto& topic : response.topics) {
      for (const auto& partition : topic.partitions) {
        text += fmt::format(" {}/{}={}", topic.name, partition.partition_index,
                            partition.committed_offset);
        if (partition.committed_leader_epoch != no_leader_epoch) {
          text += fmt::format("@{}", partition.committed_leader_epoch);
        }
        if (!partition.metadata->empty()) text += fmt::format("({})", *partition.metadata);
      }
    }
    return text;
  }
  static std::string show(const protocol::OffsetDeleteResponse& response, std::int16_t version) {
    EXPECT_TRUE(protocol::encode(response, version));
    std::string text = fmt::format("OffsetDelete {}", response.error_code);
    for (const auto& topic : response.topics) {
      for (const auto& partition : topic.partitions) {
        text +=
            fmt::format(" {}/{}:{}", topic.name, partition.partition_index, partition.error_code);
      }
    }
    return text;
  }
  static std::string show(const protocol::DescribeGroupsResponse::DescribedGroup& group,
                          std::int16_t) {
    std::string text = fmt::format("{} {} {} type={} protocol={}", group.group_id, group.error_code,
                                   group.group_state, group.protocol_type, group.protocol_data);
    if (group.error_message) text += fmt::format(": {}", *group.error_message);
    for (const auto& member : group.members) {
      text += fmt::format("\n   {}({}) client={}{} metadata={} assignment={}", member.member_id,
                          show(member.group_instance_id), member.client_id, member.client_host,
                          show(member.member_metadata), show_assignment(member.member_assignment));
    }
    return contract(text);
  }
  static std::string show(const std::vector<protocol::ListGroupsResponse::ListedGroup>& groups,
                          std::int16_t) {
    std::string text = "ListGroups";
    for (const auto& group : groups) {
      text += fmt::format("\n   {} {} {}/{}", group.group_id, group.group_state, group.group_type,
                          group.protocol_type);
    }
    return text;
  }
  static std::string show(const protocol::DeleteGroupsResponse::DeletableGroupResult& result,
                          std::int16_t) {
    return fmt::format("DeleteGroups {}:{}", result.group_id, result.error_code);
  }
  static std::string show(const Nothing&, std::int16_t) { return {}; }
  static std::string show(const protocol::ConsumerGroupHeartbeatResponse& response,
                          std::int16_t version) {
    EXPECT_TRUE(protocol::encode(response, version));
    std::string text = fmt::format("ConsumerGroupHeartbeat {}", response.error_code);
    if (response.error_message) return text + ": " + response.error_message->str();
    text += fmt::format(" member={} epoch={} interval={}", show(response.member_id),
                        response.member_epoch, response.heartbeat_interval_ms);
    if (response.assignment) {
      text += " assignment=" + show_partitions(response.assignment->topic_partitions);
    }
    return text;
  }
  static std::string show(const protocol::ConsumerGroupDescribeResponse::DescribedGroup& group,
                          std::int16_t) {
    std::string text = fmt::format("{} {} {} epoch={} target-epoch={} assignor={}", group.group_id,
                                   group.error_code, group.group_state, group.group_epoch,
                                   group.assignment_epoch, group.assignor_name);
    if (group.error_message) text += fmt::format(": {}", *group.error_message);
    for (const auto& member : group.members) {
      text += fmt::format(
          "\n   {}({}) rack={} epoch={} client={}{} names={} regex={} has={} target={} type={}",
          member.member_id, show(member.instance_id), show(member.rack_id), member.member_epoch,
          member.client_id, member.client_host, fmt::join(member.subscribed_topic_names, "+"),
          show(member.subscribed_topic_regex), show_partitions(member.assignment.topic_partitions),
          show_partitions(member.target_assignment.topic_partitions), member.member_type);
    }
    return text;
  }
  static void expect_one_owner_each(
      const protocol::ConsumerGroupDescribeResponse::DescribedGroup& group) {
    std::set<std::pair<Uuid, PartitionId>> owned;
    for (const auto& member : group.members) {
      for (const auto& topic : member.assignment.topic_partitions) {
        for (const PartitionId partition : topic.partitions) {
          EXPECT_TRUE(owned.emplace(topic.topic_id, partition).second)
              << "two members own t" << topic.topic_id.least() << "/" << partition.value();
        }
      }
    }
  }

  std::unique_ptr<Groups> machine_;
  std::vector<Record> log_;
  MonoTime now_{};
  ReplyId last_reply_id_{0};
  Asked asked_;
  std::uint64_t last_uuid_{0};
  std::function<Uuid()> uuids_{[this] { return Uuid::of(1, ++last_uuid_); }};
};

}  // namespace moldau::coordinator
