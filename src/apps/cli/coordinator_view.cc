#include "apps/cli/coordinator_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <charconv>

#include "apps/cli/config_admin.h"
#include "apps/cli/http_get.h"
#include "base/listener.h"

namespace moldau::apps {
namespace {

namespace json = boost::json;

/// Nobody waits longer for what is only more of an answer.
constexpr Duration page_timeout = milliseconds(2'000);
/// What a page may say of each; it says less.
constexpr std::size_t elements_max = 1'000;

std::string text_of(const json::object& object, std::string_view name) {
  const auto* const value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

std::optional<std::int64_t> number_of(const json::object& object, std::string_view name) {
  const auto* const value = object.if_contains(name);
  return value != nullptr && value->is_int64() ? std::optional(value->get_int64()) : std::nullopt;
}

void for_each_object(const json::object& object, std::string_view name, const auto& visit) {
  const auto* const value = object.if_contains(name);
  if (value == nullptr || !value->is_array()) return;
  std::size_t count = 0;
  for (const auto& element : value->get_array()) {
    if (++count > elements_max) return;
    if (element.is_object()) visit(element.get_object());
  }
}

CoordinatorView::Member member_of(const json::object& object) {
  return {.id = text_of(object, "member"),
          .client = fmt::format("{} at {}", text_of(object, "client"), text_of(object, "host")),
          .doing = text_of(object, "doing"),
          .heard_ms_ago = number_of(object, "heard_ms_ago"),
          .session_timeout_ms = number_of(object, "session_timeout_ms").value_or(0)};
}

CoordinatorView::Wait wait_of(const json::object& object) {
  CoordinatorView::Wait wait{.member = text_of(object, "member"),
                             .client = text_of(object, "client"),
                             .what = text_of(object, "what"),
                             .partitions = {},
                             .for_ms = number_of(object, "for_ms"),
                             .left_ms = number_of(object, "left_ms")};
  const auto* const partitions = object.if_contains("partitions");
  if (partitions == nullptr || !partitions->is_array()) return wait;
  for (const auto& one : partitions->get_array()) {
    if (one.is_string()) wait.partitions.emplace_back(one.get_string());
  }
  return wait;
}

CoordinatorView::Event event_of(const json::object& object) {
  const auto time_ms = number_of(object, "time_ms").value_or(0);
  return {.time_ms = time_ms,
          .last_time_ms = number_of(object, "last_time_ms").value_or(time_ms),
          .count = number_of(object, "count").value_or(1),
          .event = text_of(object, "event"),
          .cause = text_of(object, "cause"),
          .member = text_of(object, "member"),
          .client = text_of(object, "client"),
          .text = text_of(object, "text")};
}

/// The port of "http://host:port"; null if that is turned off, or no Moldau broker's.
std::optional<std::uint16_t> metrics_port(Wire& wire, NodeId broker) {
  const auto configs = describe_configs(
      wire, {.kind = ConfigResource::Kind::broker, .name = fmt::to_string(broker)});
  if (!configs) return std::nullopt;
  const auto found = std::ranges::find(*configs, "metrics.listener", &ConfigEntry::name);
  constexpr std::string_view scheme = "http://";
  if (found == configs->end() || !found->value.starts_with(scheme)) return std::nullopt;
  const auto address = parse_host_port(found->value.substr(scheme.size()));
  if (!address || address->second == 0) return std::nullopt;
  return address->second;
}

}  // namespace

Result<CoordinatorView> parse_coordinator_view(std::string_view text) {
  boost::system::error_code error;
  const auto parsed = json::parse(text, error);
  if (error || !parsed.is_object()) return fail(Errc::invalid, "no page of a group");
  const auto& page = parsed.get_object();
  const auto time_ms = number_of(page, "time_ms");
  if (!time_ms) return fail(Errc::invalid, "no page of a group");
  CoordinatorView view;
  view.time_ms = *time_ms;
  view.loaded_at_ms = number_of(page, "loaded_at_ms").value_or(0);
  view.state = text_of(page, "state");
  view.generation = number_of(page, "generation").value_or(0);
  view.state_for_ms = number_of(page, "state_for_ms");
  for_each_object(page, "members",
                  [&](const auto& object) { view.members.push_back(member_of(object)); });
  for_each_object(page, "waits_for",
                  [&](const auto& object) { view.waits_for.push_back(wait_of(object)); });
  for_each_object(page, "timeline",
                  [&](const auto& object) { view.timeline.push_back(event_of(object)); });
  return view;
}

std::optional<CoordinatorView> read_coordinator_view(Wire& wire, NodeId coordinator,
                                                     const std::string& group) {
  const auto brokers = wire.brokers();
  if (!brokers) return std::nullopt;
  const auto broker = std::ranges::find(**brokers, coordinator, &BrokerAddress::id);
  const auto port = metrics_port(wire, coordinator);
  if (broker == (*brokers)->end() || !port) return std::nullopt;
  const auto page = http_get(wire.world(), {broker->endpoint.host, *port},
                             "/groups/" + percent_encoded(group), page_timeout);
  if (!page) return std::nullopt;
  auto view = parse_coordinator_view(*page);
  return view ? std::optional(*std::move(view)) : std::nullopt;
}

}  // namespace moldau::apps
