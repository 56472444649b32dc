#include "apps/metrics/group_page.h"

#include <fmt/format.h>

#include <concepts>
#include <optional>

#include "broker/broker.h"
#include "broker/group_coordinators.h"
#include "broker/group_history.h"
#include "protocol/json.h"

namespace moldau::apps {
namespace {

using broker::GroupHistory;
using coordinator::GroupInspection;

/// Of names that clients give themselves; ids of groups and members may have 32 KB.
constexpr std::size_t name_bytes_max = 256;

/// One JSON object, field by field.
class Object {
 public:
  Object& text(std::string_view name, std::string_view value) {
    return raw(name, string(value.substr(0, name_bytes_max)));
  }
  Object& text_or_null(std::string_view name, std::string_view value) {
    return value.empty() ? raw(name, "null") : text(name, value);
  }
  Object& number(std::string_view name, std::integral auto value) {
    return raw(name, fmt::to_string(value));
  }
  template <class Number>
  Object& number(std::string_view name, const std::optional<Number>& value) {
    return value ? number(name, *value) : raw(name, "null");
  }
  Object& boolean(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
  Object& raw(std::string_view name, std::string_view json) {
    fields_ += fmt::format("{}{}:{}", fields_.empty() ? "" : ",", string(name), json);
    return *this;
  }
  std::string take() const { return "{" + fields_ + "}"; }

  static std::string string(std::string_view value) {
    std::string json;
    protocol::append_json_string(json, value);
    return json;
  }

 private:
  std::string fields_;
};

std::string array(const auto& elements, const auto& show) {
  std::string json;
  for (const auto& element : elements) json += (json.empty() ? "" : ",\n") + show(element);
  return "[" + json + "]";
}

std::string host_text(std::string_view host) {
  if (host.starts_with('/')) host.remove_prefix(1);
  return std::string(host);
}

std::string member_json(const GroupInspection::Member& member) {
  return Object()
      .text("member", member.id)
      .text_or_null("instance", member.instance_id)
      .text("client", member.client_id)
      .text("host", host_text(member.client_host))
      .text("protocol", member.speaks_classic ? "classic" : "consumer")
      .number("epoch", member.epoch)
      .text("doing", member.doing)
      .number("heard_ms_ago", member.heard_ms_ago)
      .number("session_timeout_ms", member.session_timeout_ms)
      .number("rebalance_timeout_ms", member.rebalance_timeout_ms)
      .take();
}

std::string wait_json(const GroupInspection::Wait& wait) {
  return Object()
      .text_or_null("member", wait.member)
      .text_or_null("client", wait.client)
      .text("what", wait.what)
      .raw("partitions", array(wait.partitions, Object::string))
      .number("for_ms", wait.for_ms)
      .number("left_ms", wait.left_ms)
      .take();
}

std::string entry_json(const GroupHistory::Entry& entry) {
  using Kind = GroupHistory::Kind;
  return Object()
      .number("time_ms", entry.first.value)
      .number("last_time_ms", entry.last.value)
      .number("count", entry.count)
      .text("event", coordinator::name(entry.kind))
      .text_or_null("cause", entry.cause == Kind::none ? "" : coordinator::name(entry.cause))
      .text_or_null("member", entry.member)
      .text_or_null("client", entry.client)
      .raw("text", Object::string(entry.text))
      .take();
}

void add_inspection(Object& page, const GroupInspection& group) {
  page.text("type", group.type)
      .text("state", group.state)
      .number("state_for_ms", group.state_for_ms)
      .number("generation", group.generation)
      .number("target_epoch", group.target_epoch)
      .text("protocol_type", group.protocol_type)
      .text("protocol", group.protocol)
      .text_or_null("leader", group.leader)
      .number("member_count", group.member_count)
      .number("ids_given_out", group.ids_given_out)
      .raw("members", array(group.members, member_json))
      .raw("waits_for", array(group.waits_for, wait_json));
}

HttpAnswer json(int status, const Object& object) {
  return {.status = status, .content_type = "application/json", .body = object.take() + "\n"};
}

}  // namespace

HttpAnswer group_page(broker::Node& node, std::string_view group) {
  auto& broker = node.broker();
  const auto shard = broker.groups().find(*broker.image(), group);
  Object page;
  page.text("group", group);
  if (!shard) {
    return json(404, page.text("error", fmt::format("{}", shard.error())));
  }
  const auto loaded_at = (*shard)->loaded_at();
  const auto inspection = (*shard)->look_now(
      [&](const coordinator::Groups& groups, const coordinator::Context& context) {
        return groups.inspect(context, group);
      });
  if (!inspection || !loaded_at) return json(503, page.text("error", "the coordinator is loading"));
  const auto timeline = broker.groups().history().of(group);
  if (!*inspection && timeline.entries.empty()) {
    return json(404, page.text("error", "there is no such group"));
  }
  page.number("broker", broker.config().node_id.value())
      .number("time_ms", broker.env().clock().wall().value)
      .number("loaded_at_ms", loaded_at->value);
  if (*inspection) {
    add_inspection(page, **inspection);
  } else {
    page.text("state", "Dead");
  }
  page.number("events_forgotten", timeline.forgotten)
      .raw("timeline", array(timeline.entries, entry_json));
  return json(200, page);
}

}  // namespace moldau::apps
