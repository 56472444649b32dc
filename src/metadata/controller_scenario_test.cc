#include <fmt/format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/scenario_test.h"
#include "metadata/controller.h"
#include "metadata/image_records.h"
#include "metadata/images_test.h"
#include "metadata/snapshot.h"
#include "metadata/test_policy.h"
#include "metadata/test_requests.h"

/// testdata/*.txt: stories of one controller. Every record is printed, encoded, decoded and
/// replayed into a second image, which must stay the same; so must an image that went through a
/// snapshot. Commands:
///   new [local-broker=1] [session-ms=9000] [level=29] [elr=1] [no-delete]
///   activate [epoch=1]; commit; deactivate     deactivate falls back to what was committed
///   register id=1 incarnation=7 [dirs=101,102] [cluster=C] [rack=r] [previous=N] [max-level=29]
///   [zk]
///            [features=name:min:max,...] [no-level]
///   heartbeat id=1 epoch=N offset=N [fence] [shutdown] [offline=101]
///   create NAME... [partitions=1] [replication=1] [configs=k:v,k:] [assign=1/2,2/1] [validate]
///   delete [names=a,b] [ids=a,b] [both=a] [neither] [old-names=a,b]
///   extend NAME... count=N [assign=1/2,2/1] [validate]
///   producer-ids id=1 epoch=N
///   alter-partition id=1 epoch=N topic=a partition=0 isr=1,2 [leader-epoch=0] [partition-epoch=0]
///            [recovering] [version=3] [epochs=5,6]
///   place id=1 epoch=N dir=101 topic=a partitions=0,1         AssignReplicasToDirs
///   configure, replace-config [type=2] names=a,b [set=k:v;k:v] [delete=k] [append=k:v]
///            [subtract=k:v] [op7=k:v] [validate]      IncrementalAlterConfigs, AlterConfigs
///   features NAME:LEVEL[:TYPE]... [version=2] [kraft=1] [validate]
///   unregister id=1; elect [type=0] [partitions=a/0,b/1]
///   time ms=N; tick; deadline; image
namespace moldau::metadata {
namespace {

Uuid directory(const std::string& number) {
  return Uuid::of(0, static_cast<std::uint64_t>(std::stoull(number)));
}
std::vector<NodeId> nodes(const std::string& text, char separator) {
  std::vector<NodeId> result;
  std::istringstream in(text);
  for (std::string id; std::getline(in, id, separator);) result.emplace_back(std::stoi(id));
  return result;
}
NodeId node(const scenario::Command& command) {
  return NodeId(static_cast<std::int32_t>(command.number("id")));
}
class World {
 public:
  std::string run(const scenario::Command& command) {
    if (command.name == "new") return make(command);
    if (command.name == "activate") return activate(command);
    if (command.name == "commit") {
      committed_ = controller_->image();
      return {};
    }
    if (command.name == "deactivate") {
      controller_->deactivate(committed_);
      next_offset_ = committed_->last_offset + 1;
      mirror_ = ImageBuilder(committed_);
      return {};
    }
    if (command.name == "register") return register_broker(command);
    if (command.name == "heartbeat") return heartbeat(command);
    if (command.name == "create") return create(command);
    if (command.name == "delete") return delete_topics(command);
    if (command.name == "extend") return extend(command);
    if (command.name == "producer-ids") return producer_ids(command);
    if (command.name == "alter-partition") return alter_partition(command);
    if (command.name == "place") return place(command);
    if (command.name == "configure") {
      return alter(controller_->incremental_alter_configs(context(), incremental_request(command)));
    }
    if (command.name == "replace-config") {
      return alter(controller_->alter_configs(context(), legacy_request(command)));
    }
    if (command.name == "features") return update_features(command);
    if (command.name == "unregister") return unregister(command);
    if (command.name == "elect") return elect(command);
    if (command.name == "time") {
      now_ = MonoTime(milliseconds(command.number("ms")));
      return {};
    }
    if (command.name == "tick") return finish(controller_->tick(context()), "");
    if (command.name == "deadline") {
      const auto deadline = controller_->next_deadline();
      return deadline ? fmt::format("{}", to_ms(deadline->time_since_epoch())) : "never";
    }
    if (command.name == "image") return describe_image(*controller_->image());
    return "unknown command";
  }

 private:
  Context context() {
    return {.now = now_,
            .next_offset = next_offset_,
            .prng = prng_,
            .fresh_uuid = fresh_uuid_,
            .kraft_version = 1};
  }

  std::string make(const scenario::Command& command) {
    ControllerConfig config{
        .node_id = NodeId(1),
        .cluster_id = "C",
        .local_broker = NodeId(static_cast<std::int32_t>(command.number("local-broker", -1))),
        .session_timeout = milliseconds(command.number("session-ms", 9000)),
        .default_partitions = 3,
        .default_replication_factor = 2,
        .delete_topic_enable = !has_word(command, "no-delete"),
        .supported_features = {{"kraft.version", {0, 1}},
                               {"metadata.version", {7, level::kafka_4_2}}},
        .bootstrap = {}};
    config.bootstrap.push_back(
        feature_record(metadata_version_feature,
                       static_cast<std::int16_t>(command.number("level", level::kafka_4_2))));
    if (command.number("elr") > 0) {
      config.bootstrap.push_back(feature_record(elr_version_feature, 1));
    }
    controller_ = std::make_unique<Controller>(std::move(config), policy_);
    mirror_ = ImageBuilder();
    next_offset_ = Offset(3);
    committed_ = controller_->image();
    return {};
  }

  /// Prints and carries out a step, as its owner must.
  template <class Reply>
  std::string finish(Step<Reply> step, const std::string& reply) {
    std::string text;
    for (const std::string& note : step.notes) text += "note: " + note + "\n";
    Offset offset = next_offset_;
    for (const Record& record : step.records) {
      const auto encoded = encode_record(record);
      EXPECT_TRUE(encoded) << encoded.error().to_string();
      text += fmt::format("{} {}\n", offset, *protocol::metadata_record_to_json(*encoded));
      const auto decoded = protocol::decode_metadata_record(*encoded);
      EXPECT_TRUE(decoded);
      const auto replayed =
          mirror_.replay(*decoded, {.offset = offset, .epoch = LeaderEpoch(1), .timestamp = 0});
      EXPECT_TRUE(replayed) << replayed.error().to_string();
      ++offset;
    }
    if (!step.records.empty()) {
      const auto applied = controller_->apply(step.records, next_offset_, LeaderEpoch(1), 0);
      EXPECT_TRUE(applied) << applied.error().to_string();
      next_offset_ = offset;
      const auto mirrored = mirror_.build().image;
      EXPECT_TRUE(difference(*controller_->image(), *mirrored).empty());
      expect_survives_snapshot(*mirrored);
    }
    if (!reply.empty()) text += "-> " + reply + "\n";
    return text;
  }

  std::string activate(const scenario::Command& command) {
    return finish(
        controller_->activate(context(), LeaderEpoch(static_cast<int>(command.number("epoch", 1)))),
        "");
  }

  std::string register_broker(const scenario::Command& command) {
    protocol::BrokerRegistrationRequest request;
    request.broker_id = node(command);
    request.cluster_id = Text(command.text("cluster", "C"));
    request.incarnation_id = directory(command.text("incarnation", "700"));
    request.listeners.push_back({.name = "PLAINTEXT", .host = "localhost", .port = 9092});
    if (!has_word(command, "no-level")) {
      request.features.push_back({.name = "metadata.version",
                                  .min_supported_version = 7,
                                  .max_supported_version = static_cast<std::int16_t>(
                                      command.number("max-level", level::kafka_4_2))});
    }
    if (has_word(command, "elr")) {
      request.features.push_back({"eligible.leader.replicas.version", 0, 1});
    }
    if (!has_word(command, "no-kraft")) {
      request.features.push_back({"kraft.version", 0, 1});
    }
    request.rack.reset();
    if (command.has("rack")) request.rack = Text(command.text("rack"));
    request.is_migrating_zk_broker = has_word(command, "zk");
    for (const std::string& id : command.list("dirs")) request.log_dirs.push_back(directory(id));
    request.previous_broker_epoch = BrokerEpoch(command.number("previous", -1));
    auto step = controller_->register_broker(context(), request);
    const std::string reply =
        fmt::format("{} epoch={}", protocol::name(step.reply.error_code), step.reply.broker_epoch);
    return finish(std::move(step), reply);
  }

  std::string heartbeat(const scenario::Command& command) {
    protocol::BrokerHeartbeatRequest request;
    request.broker_id = node(command);
    request.broker_epoch = BrokerEpoch(command.number("epoch"));
    request.current_metadata_offset = Offset(command.number("offset"));
    request.want_fence = has_word(command, "fence");
    request.want_shut_down = has_word(command, "shutdown");
    for (const std::string& id : command.list("offline")) {
      request.offline_log_dirs.push_back(directory(id));
    }
    auto step = controller_->broker_heartbeat(context(), request);
    const std::string reply = fmt::format("{}{}{}{}", protocol::name(step.reply.error_code),
                                          step.reply.is_caught_up ? " caught-up" : "",
                                          step.reply.is_fenced ? " fenced" : "",
                                          step.reply.should_shut_down ? " shut-down" : "");
    return finish(std::move(step), reply);
  }

  std::string create(const scenario::Command& command) {
    protocol::CreateTopicsRequest request;
    request.validate_only = has_word(command, "validate");
    for (const std::string& name : command.words) {
      if (name == "validate") continue;
      auto& topic = request.topics.emplace_back();
      topic.name = Text(name == "\"\"" ? std::string() : name);
      topic.num_partitions = static_cast<std::int32_t>(command.number("partitions", 1));
      topic.replication_factor = static_cast<std::int16_t>(command.number("replication", 1));
      for (const std::string& config : command.list("configs")) {
        const std::size_t colon = config.find(':');
        auto& to = topic.configs.emplace_back();
        to.name = Text(config.substr(0, colon));
        to.value = Text(config.substr(colon + 1));
        if (colon + 1 == config.size()) to.value.reset();
      }
      std::int32_t partition = static_cast<std::int32_t>(command.number("first-partition"));
      for (const std::string& replicas : command.list("assign")) {
        auto& assignment = topic.assignments.emplace_back();
        assignment.partition_index = PartitionId(partition++);
        if (replicas != "none") assignment.broker_ids = nodes(replicas, '/');
      }
    }
    auto step = controller_->create_topics(context(), request);
    std::string reply;
    for (const auto& topic : step.reply.topics) {
      reply += fmt::format("{}{} {}", reply.empty() ? "" : "\n-> ", topic.name,
                           outcome(topic.error_code, topic.error_message));
      if (topic.error_code != protocol::ErrorCode::none) continue;
      reply += fmt::format(" partitions={} replication={}", topic.num_partitions,
                           topic.replication_factor);
      for (const auto& config : *topic.configs) {
        reply += fmt::format(" {}={}({})", config.name, config.value->view(), config.config_source);
      }
    }
    step.notes.clear();
    return finish(std::move(step), reply);
  }

  std::string delete_topics(const scenario::Command& command) {
    protocol::DeleteTopicsRequest request;
    for (const std::string& name : command.list("names"))
      request.topics.push_back({Text(name), {}});
    const auto id_of = [&](const std::string& name) {
      const auto* topic = controller_->image()->topic(name);
      return topic == nullptr ? directory("4711") : topic->id;
    };
    for (const std::string& name : command.list("ids")) {
      request.topics.push_back({std::nullopt, id_of(name)});
    }
    for (const std::string& name : command.list("both")) {
      request.topics.push_back({Text(name), id_of(name)});
    }
    if (has_word(command, "neither")) request.topics.push_back({});
    for (const std::string& name : command.list("old-names"))
      request.topic_names.emplace_back(name);
    auto step = controller_->delete_topics(context(), request);
    std::string reply;
    for (const auto& topic : step.reply.responses) {
      reply += fmt::format("{}{} {}", reply.empty() ? "" : "\n-> ",
                           topic.name ? topic.name->view() : "null",
                           outcome(topic.error_code, topic.error_message));
    }
    step.notes.clear();
    return finish(std::move(step), reply);
  }

  std::string extend(const scenario::Command& command) {
    protocol::CreatePartitionsRequest request;
    request.validate_only = has_word(command, "validate");
    for (const std::string& name : command.words) {
      if (name == "validate") continue;
      auto& topic = request.topics.emplace_back();
      topic.name = Text(name);
      topic.count = static_cast<std::int32_t>(command.number("count"));
      topic.assignments.reset();
      if (command.has("assign")) topic.assignments.emplace();
      for (const std::string& replicas : command.list("assign")) {
        topic.assignments->push_back({nodes(replicas, '/')});
      }
    }
    auto step = controller_->create_partitions(context(), request);
    std::string reply;
    for (const auto& topic : step.reply.results) {
      reply += fmt::format("{}{} {}", reply.empty() ? "" : "\n-> ", topic.name,
                           outcome(topic.error_code, topic.error_message));
    }
    return finish(std::move(step), reply);
  }

  template <class Response>
  std::string alter(Step<Response> step) {
    const std::string reply = describe_responses(step.reply);
    return finish(std::move(step), reply);
  }

  std::string update_features(const scenario::Command& command) {
    Context now = context();
    now.kraft_version = static_cast<std::int16_t>(command.number("kraft", 1));
    auto step = controller_->update_features(now, features_request(command));
    const std::string reply =
        fmt::format("{} results={}", outcome(step.reply.error_code, step.reply.error_message),
                    step.reply.results.size());
    return finish(std::move(step), reply);
  }

  std::string unregister(const scenario::Command& command) {
    auto step = controller_->unregister_broker(context(), {.broker_id = node(command)});
    const std::string reply = outcome(step.reply.error_code, step.reply.error_message);
    return finish(std::move(step), reply);
  }

  std::string elect(const scenario::Command& command) {
    auto step = controller_->elect_leaders(context(), elect_request(command));
    const std::string reply = describe_elections(step.reply);
    return finish(std::move(step), reply);
  }

  std::string producer_ids(const scenario::Command& command) {
    auto step = controller_->allocate_producer_ids(
        context(),
        {.broker_id = node(command), .broker_epoch = BrokerEpoch(command.number("epoch"))});
    const std::string reply =
        fmt::format("{} start={} count={}", protocol::name(step.reply.error_code),
                    step.reply.producer_id_start, step.reply.producer_id_len);
    return finish(std::move(step), reply);
  }

  std::string place(const scenario::Command& command) {
    protocol::AssignReplicasToDirsRequest request;
    request.broker_id = node(command);
    request.broker_epoch = BrokerEpoch(command.number("epoch"));
    auto& there = request.directories.emplace_back();
    there.id = directory(command.text("dir"));
    auto& topic = there.topics.emplace_back();
    const auto* known = controller_->image()->topic(command.text("topic"));
    topic.topic_id = known == nullptr ? directory("4711") : known->id;
    for (const auto& id : command.list("partitions")) {
      topic.partitions.push_back({PartitionId(std::stoi(id))});
    }
    auto step = controller_->assign_replicas_to_dirs(context(), request);
    std::string reply(protocol::name(step.reply.error_code));
    for (const auto& answered : step.reply.directories) {
      for (const auto& [id, error] : answered.topics.at(0).partitions) {
        reply += fmt::format(" {}:{}", id, protocol::name(error));
      }
    }
    return finish(std::move(step), reply);
  }

  std::string alter_partition(const scenario::Command& command) {
    protocol::AlterPartitionRequest request;
    request.broker_id = node(command);
    request.broker_epoch = BrokerEpoch(command.number("epoch"));
    auto& topic = request.topics.emplace_back();
    const auto* known = controller_->image()->topic(command.text("topic"));
    topic.topic_id = known == nullptr ? directory("4711") : known->id;
    auto& partition = topic.partitions.emplace_back();
    partition.partition_index = PartitionId(static_cast<std::int32_t>(command.number("partition")));
    partition.leader_epoch = LeaderEpoch(static_cast<std::int32_t>(command.number("leader-epoch")));
    partition.partition_epoch =
        PartitionEpoch(static_cast<std::int32_t>(command.number("partition-epoch")));
    partition.leader_recovery_state = has_word(command, "recovering") ? 1 : 0;
    const auto version = static_cast<std::int16_t>(command.number("version", 3));
    const auto epochs = command.list("epochs");
    for (const NodeId id : nodes(command.text("isr"), ',')) {
      const std::size_t index = partition.new_isr_with_epochs.size() + partition.new_isr.size();
      if (version < 3) {
        partition.new_isr.push_back(id);
      } else {
        const std::int64_t epoch = index < epochs.size() ? std::stoll(epochs[index]) : -1;
        partition.new_isr_with_epochs.push_back({id, BrokerEpoch(epoch)});
      }
    }
    auto step = controller_->alter_partition(context(), request, version);
    std::string reply = std::string(protocol::name(step.reply.error_code));
    if (!step.reply.topics.empty()) {
      const auto& result = step.reply.topics[0].partitions[0];
      reply = std::string(protocol::name(result.error_code));
      if (result.error_code == protocol::ErrorCode::none) {
        reply +=
            fmt::format(" leader={} isr={} leader-epoch={} partition-epoch={}", result.leader_id,
                        fmt::join(result.isr, ","), result.leader_epoch, result.partition_epoch);
      }
    }
    return finish(std::move(step), reply);
  }

  TestPolicy policy_;
  std::unique_ptr<Controller> controller_;
  ImageBuilder mirror_;
  ImagePtr committed_;
  Offset next_offset_{3};
  MonoTime now_{};
  Prng prng_{1};
  std::uint64_t last_uuid_{0};
  std::function<Uuid()> fresh_uuid_{[this] { return Uuid::of(1, ++last_uuid_); }};
};

TEST(ControllerScenarios, do_what_their_files_say) {
  scenario::run_directory("src/metadata/testdata", []() -> scenario::Handler {
    return [world = std::make_shared<World>()](const scenario::Command& command) {
      return world->run(command);
    };
  });
}

}  // namespace
}  // namespace moldau::metadata
