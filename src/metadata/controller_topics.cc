#include <fmt/format.h>

#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "metadata/controller.h"
#include "metadata/topic_creation.h"

namespace moldau::metadata {

using protocol::ErrorCode;

Step<protocol::CreateTopicsResponse> Controller::create_topics(
    const Context& context, const protocol::CreateTopicsRequest& request) {
  Step<protocol::CreateTopicsResponse> step;
  if (!active_) {
    for (const auto& topic : request.topics) {
      auto& result = step.reply.topics.emplace_back();
      result.name = Text::copy(topic.name);
      result.error_code = ErrorCode::not_controller;
      result.error_message = message_of(result.error_code);
    }
    return step;
  }
  const TopicCreation creation(cluster(), colliding_names_,
                               {.partitions = config_.default_partitions,
                                .replication_factor = config_.default_replication_factor},
                               context);
  step.reply = creation.create(request, step.records);
  if (request.validate_only) step.records.clear();
  for (const auto& topic : step.reply.topics) {  // of a refusal the broker that was asked speaks
    if (topic.error_code != ErrorCode::none || request.validate_only) continue;
    step.notes.push_back(fmt::format("creates topic {} with id {}", topic.name, topic.topic_id));
  }
  return step;
}

Step<protocol::CreatePartitionsResponse> Controller::create_partitions(
    const Context& context, const protocol::CreatePartitionsRequest& request) {
  Step<protocol::CreatePartitionsResponse> step;
  if (!active_) {
    for (const auto& topic : request.topics) {
      auto& result = step.reply.results.emplace_back();
      result.name = Text::copy(topic.name);
      result.error_code = ErrorCode::not_controller;
      result.error_message = message_of(result.error_code);
    }
    return step;
  }
  const TopicCreation creation(cluster(), colliding_names_,
                               {.partitions = config_.default_partitions,
                                .replication_factor = config_.default_replication_factor},
                               context);
  step.reply = creation.extend(request, step.records);
  if (request.validate_only) step.records.clear();
  return step;
}

// --- DeleteTopics ------------------------------------------------------------------------------

namespace {

using DeleteState = protocol::DeleteTopicsRequest::DeleteTopicState;

/// How often each topic is named. Both forms of the request in one list.
struct Wanted {
  std::vector<DeleteState> topics;
  std::map<std::string, int, std::less<>> names;
  std::map<Uuid, int> ids;

  explicit Wanted(const protocol::DeleteTopicsRequest& request) {
    for (const Text& name : request.topic_names) topics.push_back({.name = name, .topic_id = {}});
    topics.insert(topics.end(), request.topics.begin(), request.topics.end());
    for (const DeleteState& topic : topics) {
      if (topic.name && topic.topic_id.is_zero()) ++names[topic.name->str()];
      if (!topic.name) ++ids[topic.topic_id];
    }
  }

  bool names_once(std::string_view name) const {
    const auto found = names.find(name);
    return found != names.end() && found->second == 1;
  }
};

struct Deletion {
  ErrorCode error{ErrorCode::none};
  std::string_view reason;      ///< empty: the error's own text
  const Topic* topic{nullptr};  ///< to be deleted
  Uuid named_id{};              ///< of what is not deleted
};

Deletion decide(const DeleteState& wanted, const Wanted& all, const Image& image) {
  if (wanted.name && !wanted.topic_id.is_zero()) {
    return {ErrorCode::invalid_request, "You may not specify both topic name and topic id."};
  }
  if (wanted.name) {
    if (!all.names_once(wanted.name->view())) {
      return {ErrorCode::invalid_request, "Duplicate topic name."};
    }
    const auto* topic = image.topic(wanted.name->view());
    if (topic == nullptr) return {ErrorCode::unknown_topic_or_partition, {}};
    if (all.ids.contains(topic->id)) {
      return {ErrorCode::invalid_request,
              "The provided topic name maps to an ID that was already supplied.", nullptr,
              topic->id};
    }
    return {ErrorCode::none, {}, topic};
  }
  if (wanted.topic_id.is_zero()) {
    return {ErrorCode::invalid_request, "Neither topic name nor id were specified."};
  }
  if (all.ids.at(wanted.topic_id) > 1) {
    return {ErrorCode::invalid_request, "Duplicate topic id."};
  }
  const auto* topic = image.topic(wanted.topic_id);
  if (topic == nullptr) return {ErrorCode::unknown_topic_id, {}};
  return {ErrorCode::none, {}, topic};
}

}  // namespace

Step<protocol::DeleteTopicsResponse> Controller::delete_topics(
    const Context&, const protocol::DeleteTopicsRequest& request) {
  Step<protocol::DeleteTopicsResponse> step;
  const Wanted all(request);
  std::set<std::string_view> duplicate_names;
  std::set<Uuid> duplicate_ids;
  for (const DeleteState& wanted : all.topics) {
    const bool is_on = config_.delete_topic_enable;
    // A duplicate is answered once.
    if (is_on && wanted.name && wanted.topic_id.is_zero() &&
        !duplicate_names.insert(wanted.name->view()).second) {
      continue;
    }
    if (is_on && !wanted.name && !wanted.topic_id.is_zero() &&
        !duplicate_ids.insert(wanted.topic_id).second) {
      continue;
    }
    // What is named both ways is refused, by the answer to the name.
    const auto* by_id = wanted.name ? nullptr : image_->topic(wanted.topic_id);
    if (is_on && by_id != nullptr && all.names_once(by_id->name) &&
        all.ids.at(wanted.topic_id) == 1) {
      continue;
    }
    Deletion deletion;
    if (!active_) {
      deletion.error = ErrorCode::not_controller;
    } else if (!is_on) {
      deletion.error = ErrorCode::topic_deletion_disabled;
    } else {
      deletion = decide(wanted, all, *image_);
    }
    auto& result = step.reply.responses.emplace_back();
    result.error_code = deletion.error;
    result.error_message =
        deletion.reason.empty() ? message_of(deletion.error) : Text::view(deletion.reason);
    result.topic_id = deletion.named_id.is_zero() ? wanted.topic_id : deletion.named_id;
    if (deletion.error == ErrorCode::topic_deletion_disabled) result.error_message.reset();
    result.name.reset();
    if (wanted.name) result.name = Text::copy(*wanted.name);
    if (deletion.topic == nullptr) continue;
    result.name = Text(deletion.topic->name);
    result.topic_id = deletion.topic->id;
    protocol::RemoveTopicRecord record;
    record.topic_id = deletion.topic->id;
    step.records.push_back({std::move(record), 0});
    step.notes.push_back(
        fmt::format("deletes topic {} with id {}", deletion.topic->name, deletion.topic->id));
  }
  return step;
}

}  // namespace moldau::metadata
