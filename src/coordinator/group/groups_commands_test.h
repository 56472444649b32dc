#pragma once

#include <fmt/format.h>

#include <sstream>
#include <string>
#include <vector>

#include "base/scenario_test.h"
#include "coordinator/group/groups_world_test.h"

namespace moldau::coordinator {

/// The commands of the stories in testdata. Clients have names; a client remembers the member id
/// and the generation that it was last told. A member id is printed, and written, as client#number.
/// The group is "g" unless group= says another one (none: the empty name).
///   new [delay=3000] [max-size=N] [min-session=6000] [max-session=1800000] [metadata-max=4096]
///       [retention=N] [sweep=N] [step-bytes=N] [metadata-bytes=N]
///       [consumer-session=45000] [consumer-max-size=N] [assignors=uniform,range]
///       [migration=bidirectional|upgrade|downgrade|disabled]
///   load [max-size=N]: another machine, from the log; whoever waits does so in vain
///   wait ms=N: with every tick on the way; wall ms=N: the wall clock jumps
///   join CLIENT [version=9] [session=10000] [rebalance=60000] [instance=I] [type=consumer]
///        [protocols=range:t1+t2,sticky:*bytes] [member=none|ID] [reason=WORD] [room=N]
///   sync CLIENT [assign=CLIENT:bytes|@t1/0+1&t2/0,...] [version=5] [generation=N] [member=ID]
///   [instance=I]
///        [type=T|none] [name=P|none]
///   heartbeat CLIENT [generation=N] [member=ID] [instance=I]
///   leave [CLIENT...] [members=ID,...] [instance=I] [instances=I,J] [version=5] [reason=WORD]
///   commit [CLIENT] offsets=topic/0/5,... [metadata=TEXT] [epoch=N] [retention=N] [topic-id=N]
///          [generation=N] [member=ID] [instance=I] [version=9]
///   fetch [partitions=topic/0,...] [topic-id=N] [member=ID] [epoch=N]: without partitions all
///   delete-offsets partitions=topic/0,...
///   events: what has happened in the group since they were last asked for; inspect: how it stands
///   describe [version=6]; list [states=..] [types=..]; delete; topic-deleted TOPIC; counts
class GroupsCommands : public GroupsWorld {
 public:
  std::string run(const scenario::Command& command) {
    group_ = command.text("group", "g");
    if (group_ == "none") group_.clear();
    if (command.name == "new") return make(command);
    if (command.name == "load") {
      if (command.has("max-size")) config_.group_max_size = int_of(command, "max-size", 0);
      return load();
    }
    if (command.name == "wait") return wait(command.number("ms"));
    if (command.name == "wall") {
      wall_offset_ms_ += command.number("ms");
      return {};
    }
    if (command.name == "join") return join(command);
    if (command.name == "sync") return sync(command);
    if (command.name == "heartbeat") return heartbeat(command);
    if (command.name == "leave") return leave(command);
    if (command.name == "commit") return commit(command);
    if (command.name == "fetch") return fetch(command);
    if (command.name == "delete-offsets") return delete_offsets(command);
    return administer(command);
  }

 private:
  std::string administer(const scenario::Command& command) {
    if (command.name == "describe") {
      const auto version = static_cast<std::int16_t>(command.number("version", 6));
      return finish(machine().describe(context(), {.version = version}, group_));
    }
    if (command.name == "list") {
      protocol::ListGroupsRequest request;
      for (const auto& state : command.list("states")) request.states_filter.emplace_back(state);
      for (const auto& type : command.list("types")) request.types_filter.emplace_back(type);
      return finish(machine().list(context(), request));
    }
    if (command.name == "events") return events_of(group_);
    if (command.name == "inspect") return inspected(group_);
    if (command.name == "delete") return finish(machine().delete_group(context(), group_));
    if (command.name == "topic-deleted") {
      const auto id = Uuid::of(0, static_cast<std::uint64_t>(command.number("topic-id", 0)));
      return finish(machine().on_topic_deleted(context(), command.words.at(0), id));
    }
    if (command.name == "counts") {
      return fmt::format("groups={} members={} offsets={}", machine().group_count(),
                         machine().member_count(), machine().offset_count());
    }
    return "unknown command";
  }

  std::string make(const scenario::Command& command) {
    GroupsConfig config;
    config.group_initial_rebalance_delay_ms = int_of(command, "delay", 3'000);
    config.group_max_size = int_of(command, "max-size", config.group_max_size);
    config.group_min_session_timeout_ms = int_of(command, "min-session", 6'000);
    config.group_max_session_timeout_ms = int_of(command, "max-session", 1'800'000);
    config.offset_metadata_max_bytes = int_of(command, "metadata-max", 4'096);
    config.offsets_retention_ms = command.number("retention", config.offsets_retention_ms);
    config.offsets_retention_check_interval_ms =
        command.number("sweep", config.offsets_retention_check_interval_ms);
    config.consumer_session_timeout_ms = int_of(command, "consumer-session", 45'000);
    // Most stories are not about time.
    config.consumer_assignment_interval_ms = int_of(command, "assignment-interval", 0);
    config.consumer_max_size = int_of(command, "consumer-max-size", config.consumer_max_size);
    config.consumer_migration_policy = policy(command.text("migration", "bidirectional"));
    if (command.has("assignors")) config.consumer_assignors = command.list("assignors");
    config.step_bytes_max = static_cast<std::size_t>(
        command.number("step-bytes", static_cast<std::int64_t>(config.step_bytes_max)));
    config.member_metadata_bytes_max = static_cast<std::size_t>(command.number(
        "metadata-bytes", static_cast<std::int64_t>(config.member_metadata_bytes_max)));
    start(config);
    return {};
  }

  std::string join(const scenario::Command& command) {
    const std::string client = command.words.at(0);
    protocol::JoinGroupRequest request;
    request.group_id = Text(group_);
    request.session_timeout_ms = int_of(command, "session", 10'000);
    request.rebalance_timeout_ms = int_of(command, "rebalance", 60'000);
    request.member_id = Text(member_id(command, client));
    if (command.has("instance")) request.group_instance_id = Text(command.text("instance"));
    request.protocol_type = Text(none_is_empty(command.text("type", "consumer")));
    std::istringstream protocols(none_is_empty(command.text("protocols", "range:t1")));
    for (std::string item; std::getline(protocols, item, ',');) {
      const std::size_t colon = item.find(':');
      request.protocols.push_back({Text(item.substr(0, colon)), metadata(item.substr(colon + 1))});
    }
    if (command.has("reason")) request.reason = Text(command.text("reason"));
    Caller caller = caller_of(client, int_of(command, "version", 9));
    if (command.has("room"))
      caller.metadata_room = static_cast<std::size_t>(command.number("room"));
    return finish(machine().join(context(), caller, request), client, caller);
  }

  std::string sync(const scenario::Command& command) {
    const std::string client = command.words.at(0);
    protocol::SyncGroupRequest request;
    request.group_id = Text(group_);
    request.member_id = Text(member_id(command, client));
    request.generation_id = generation(command, client);
    if (command.has("instance")) request.group_instance_id = Text(command.text("instance"));
    if (command.text("type") != "none")
      request.protocol_type = Text(command.text("type", "consumer"));
    if (command.text("name") != "none") request.protocol_name = Text(command.text("name", "range"));
    for (const std::string& item : command.list("assign")) {
      const std::size_t colon = item.find(':');
      request.assignments.push_back(
          {Text(id_of(item.substr(0, colon))), assignment(item.substr(colon + 1))});
    }
    const Caller caller = caller_of(client, int_of(command, "version", 5));
    return finish(machine().sync(context(), caller, request), client, caller);
  }

  std::string heartbeat(const scenario::Command& command) {
    const std::string client = command.words.at(0);
    protocol::HeartbeatRequest request;
    request.group_id = Text(group_);
    request.member_id = Text(member_id(command, client));
    request.generation_id = generation(command, client);
    if (command.has("instance")) request.group_instance_id = Text(command.text("instance"));
    return finish(machine().heartbeat(context(), caller_of(client, 4), request));
  }

  std::string leave(const scenario::Command& command) {
    const auto version = static_cast<std::int16_t>(command.number("version", 5));
    protocol::LeaveGroupRequest request;
    request.group_id = Text(group_);
    std::optional<Text> reason;
    if (command.has("reason")) reason = Text(command.text("reason"));
    for (const std::string& client : command.words) {
      request.member_id = Text(id_of(client));
      request.members.push_back({.member_id = request.member_id, .reason = reason});
    }
    for (const std::string& id : command.list("members")) {
      request.member_id = Text(expand(id));
      request.members.push_back({.member_id = request.member_id, .reason = reason});
    }
    for (auto& member : request.members) {
      if (command.has("instance")) member.group_instance_id = Text(command.text("instance"));
    }
    for (const std::string& instance : command.list("instances")) {
      request.members.push_back({.group_instance_id = Text(instance), .reason = reason});
    }
    return finish(machine().leave(context(), {.version = version}, request), version);
  }

  std::string commit(const scenario::Command& command) {
    const auto version = static_cast<std::int16_t>(command.number("version", 9));
    protocol::OffsetCommitRequest request;
    request.group_id = Text(group_);
    request.generation_id_or_member_epoch = int_of(command, "generation", -1);
    if (command.has("member")) request.member_id = Text(expand(command.text("member")));
    if (!command.words.empty()) {
      request.member_id = Text(member_id(command, command.words[0]));
      request.generation_id_or_member_epoch = generation(command, command.words[0]);
    }
    if (command.has("instance")) request.group_instance_id = Text(command.text("instance"));
    request.retention_time_ms = command.number("retention", -1);
    for (const std::string& item : command.list("offsets")) {
      auto& topic = request.topics.emplace_back();
      const auto fields = split(item, '/');
      topic.name = Text(fields.at(0));
      topic.topic_id = Uuid::of(0, static_cast<std::uint64_t>(command.number("topic-id")));
      auto& partition = topic.partitions.emplace_back();
      partition.partition_index = PartitionId(std::stoi(fields.at(1)));
      partition.committed_offset = Offset(std::stoll(fields.at(2)));
      partition.committed_leader_epoch = LeaderEpoch(int_of(command, "epoch", -1));
      partition.committed_metadata.reset();
      if (command.has("metadata")) partition.committed_metadata = Text(command.text("metadata"));
    }
    return finish(machine().commit(context(), {.version = version}, request), version);
  }

  std::string fetch(const scenario::Command& command) {
    protocol::OffsetFetchRequest::OffsetFetchRequestGroup request;
    request.group_id = Text(group_);
    if (command.has("member")) request.member_id = Text(command.text("member"));
    request.member_epoch = int_of(command, "epoch", -1);
    if (!command.has("partitions")) request.topics.reset();
    for (const std::string& item : command.list("partitions")) {
      const auto fields = split(item, '/');
      auto& topic = request.topics->emplace_back();
      topic.name = Text(fields.at(0));
      topic.topic_id = Uuid::of(0, static_cast<std::uint64_t>(command.number("topic-id")));
      topic.partition_indexes.emplace_back(std::stoi(fields.at(1)));
    }
    return finish(machine().fetch(context(), {.version = 9}, request, true));
  }

  std::string delete_offsets(const scenario::Command& command) {
    protocol::OffsetDeleteRequest request;
    request.group_id = Text(group_);
    for (const std::string& item : command.list("partitions")) {
      const auto fields = split(item, '/');
      request.topics.push_back({Text(fields.at(0)), {{PartitionId(std::stoi(fields.at(1)))}}});
    }
    return finish(machine().delete_offsets(context(), request));
  }

  static std::int32_t int_of(const scenario::Command& command, const std::string& key,
                             std::int32_t otherwise) {
    return static_cast<std::int32_t>(command.number(key, otherwise));
  }
  static MigrationPolicy policy(const std::string& name) {
    if (name == "disabled") return MigrationPolicy::disabled;
    if (name == "upgrade") return MigrationPolicy::upgrade;
    return name == "downgrade" ? MigrationPolicy::downgrade : MigrationPolicy::bidirectional;
  }
  static std::string none_is_empty(const std::string& text) { return text == "none" ? "" : text; }
  std::string member_id(const scenario::Command& command, const std::string& client) {
    return command.has("member") ? expand(none_is_empty(command.text("member"))) : id_of(client);
  }
  std::int32_t generation(const scenario::Command& command, const std::string& client) {
    return int_of(command, "generation", clients_[client].generation);
  }
  static std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> result;
    std::istringstream in(text);
    for (std::string item; std::getline(in, item, separator);) result.push_back(item);
    return result;
  }

  std::string group_;
};

}  // namespace moldau::coordinator
