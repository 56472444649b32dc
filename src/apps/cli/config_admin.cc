#include "apps/cli/config_admin.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "apps/cli/explain.h"
#include "protocol/messages/describe_configs.h"
#include "protocol/messages/incremental_alter_configs.h"

namespace moldau::apps {
namespace {

using protocol::DescribeConfigsRequest;
using protocol::DescribeConfigsResponse;
using protocol::ErrorCode;
using protocol::IncrementalAlterConfigsRequest;
using protocol::IncrementalAlterConfigsResponse;

std::string_view text_or_none(const std::optional<Text>& text) {
  return text ? text->view() : std::string_view();
}

/// DescribeConfigs' numbers, as a user would say where a value was set.
std::string source_text(std::int8_t source) {
  switch (source) {
    case 1:
      return "topic";
    case 2:
      return "broker";
    case 3:
      return "all brokers";
    case 4:
      return "file";
    case 5:
      return "default";
    case 6:
      return "logger";
    case 7:
      return "client metrics";
    case 8:
      return "group";
    default:
      return "unknown";
  }
}

/// Whether the value was set on this very resource or in the broker's own file.
bool is_default_for(ConfigResource::Kind kind, std::int8_t source) {
  if (kind == ConfigResource::Kind::topic) return source != 1;
  if (kind == ConfigResource::Kind::group) return source != 8;
  return source == 5;
}

/// A broker answers for itself only: its file is its own.
Result<NodeId> who_knows(Wire& wire, const ConfigResource& resource) {
  if (resource.kind != ConfigResource::Kind::broker || resource.name.empty()) return Wire::any;
  std::int32_t id = 0;
  std::from_chars(resource.name.data(), resource.name.data() + resource.name.size(), id);
  const auto& brokers = *TRY(wire.brokers());
  if (std::ranges::find(brokers, NodeId(id), &BrokerAddress::id) == brokers.end()) {
    return fail(Errc::not_found,
                fmt::format("there is no broker {}. See `moldau cluster describe`", id));
  }
  return NodeId(id);
}

}  // namespace

std::string ConfigResource::to_string() const {
  if (kind == Kind::topic) return "topic " + name;
  if (kind == Kind::group) return "group " + name;
  return name.empty() ? "all brokers" : "broker " + name;
}

Result<std::vector<ConfigEntry>> describe_configs(Wire& wire, const ConfigResource& resource) {
  DescribeConfigsRequest request;
  request.resources.push_back({.resource_type = static_cast<std::int8_t>(resource.kind),
                               .resource_name = Text::view(resource.name),
                               .configuration_keys = std::nullopt});
  const auto response =
      TRY(wire.ask<DescribeConfigsResponse>(TRY(who_knows(wire, resource)), request));
  std::vector<ConfigEntry> entries;
  for (const auto& result : response->results) {
    if (result.error_code != ErrorCode::none) {
      return std::unexpected(
          explain(result.error_code, resource.to_string(), text_or_none(result.error_message)));
    }
    for (const auto& config : result.configs) {
      entries.push_back({.name = config.name.str(),
                         .value = std::string(text_or_none(config.value)),
                         .source = source_text(config.config_source),
                         .is_default = is_default_for(resource.kind, config.config_source),
                         .is_read_only = config.read_only,
                         .is_sensitive = config.is_sensitive});
    }
  }
  std::ranges::sort(entries, {}, &ConfigEntry::name);
  return entries;
}

Result<ConfigChange> parse_change(std::string_view text) {
  const auto equals = text.find('=');
  if (equals == text.npos || equals == 0) {
    return fail(
        Errc::invalid,
        fmt::format("{}: write it as KEY=VALUE, or KEY+=VALUE and KEY-=VALUE for lists", text));
  }
  auto name = text.substr(0, equals);
  auto operation = ConfigChange::Operation::set;
  if (name.ends_with('+')) operation = ConfigChange::Operation::append;
  if (name.ends_with('-')) operation = ConfigChange::Operation::subtract;
  if (operation != ConfigChange::Operation::set) name.remove_suffix(1);
  return ConfigChange{.name = std::string(name),
                      .operation = operation,
                      .value = std::string(text.substr(equals + 1))};
}

Result<> alter_configs(Wire& wire, const ConfigResource& resource,
                       const std::vector<ConfigChange>& changes, Commit commit) {
  IncrementalAlterConfigsRequest request;
  request.validate_only = commit == Commit::validate_only;
  auto& target = request.resources.emplace_back();
  target.resource_type = static_cast<std::int8_t>(resource.kind);
  target.resource_name = Text::view(resource.name);
  for (const auto& change : changes) {
    auto& config = target.configs.emplace_back();
    config.name = Text::view(change.name);
    config.config_operation = static_cast<std::int8_t>(change.operation);
    config.value = Text::view(change.value);
    if (change.operation == ConfigChange::Operation::remove) config.value.reset();
  }
  auto node = TRY(who_knows(wire, resource));
  if (node == Wire::any) node = TRY(wire.controller());
  return wire.patiently([&]() -> Result<> {
    const auto response = TRY(wire.ask<IncrementalAlterConfigsResponse>(node, request));
    for (const auto& result : response->responses) {
      if (result.error_code == ErrorCode::none) continue;
      return std::unexpected(
          explain(result.error_code, resource.to_string(), text_or_none(result.error_message)));
    }
    return {};
  });
}

}  // namespace moldau::apps
