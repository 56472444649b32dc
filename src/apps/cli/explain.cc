#include "apps/cli/explain.h"

#include <fmt/format.h>

namespace moldau::apps {
namespace {

using protocol::ErrorCode;

Errc kind_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::unknown_topic_or_partition:
    case ErrorCode::group_id_not_found:
    case ErrorCode::resource_not_found:
      return Errc::not_found;
    case ErrorCode::topic_already_exists:
      return Errc::exists;
    case ErrorCode::unsupported_version:
      return Errc::unsupported;
    case ErrorCode::coordinator_load_in_progress:
    case ErrorCode::coordinator_not_available:
    case ErrorCode::not_coordinator:
    case ErrorCode::leader_not_available:
    case ErrorCode::not_leader_or_follower:
    case ErrorCode::not_controller:
    case ErrorCode::fenced_leader_epoch:
    case ErrorCode::unknown_leader_epoch:
    case ErrorCode::offset_not_available:
    case ErrorCode::unstable_offset_commit:
      return Errc::unavailable;
    default:
      return Errc::invalid;
  }
}

/// What the user can do; empty where only the broker's message can tell.
std::string_view advice(ErrorCode code) {
  switch (code) {
    case ErrorCode::unknown_topic_or_partition:
      return "See `moldau topic list`";
    case ErrorCode::group_id_not_found:
      return "See `moldau group list`";
    case ErrorCode::non_empty_group:
    case ErrorCode::unknown_member_id:
    case ErrorCode::illegal_generation:
    case ErrorCode::rebalance_in_progress:
      return "Stop its members, then try again; `moldau group describe` names them";
    case ErrorCode::group_subscribed_to_topic:
      return "Stop the members that read this topic, then try again";
    case ErrorCode::topic_authorization_failed:
    case ErrorCode::group_authorization_failed:
    case ErrorCode::cluster_authorization_failed:
      return "Ask for an ACL that allows it";
    case ErrorCode::unsupported_version:
      return "See `moldau api` for what this broker serves";
    case ErrorCode::request_timed_out:
      return "Try again, with a larger --timeout";
    case ErrorCode::coordinator_not_available:
    case ErrorCode::coordinator_load_in_progress:
    case ErrorCode::leader_not_available:
    case ErrorCode::not_enough_replicas:
      return "Try again; `moldau cluster describe` shows which brokers are up";
    default:
      return {};
  }
}

}  // namespace

Error explain(ErrorCode code, std::string_view what, std::string_view message) {
  auto said = std::string(message.empty() ? protocol::message(code) : message);
  while (said.ends_with('.')) said.pop_back();
  const auto next = advice(code);
  return {kind_of(code),
          fmt::format("{}: {} ({}){}{}", what, said, code, next.empty() ? "" : ". ", next)};
}

Error unreachable(std::string_view address) {
  return {
      Errc::unavailable,
      fmt::format("no answer from {}. Is a broker running there? Start one with `moldau server`, "
                  "or name yours with --bootstrap HOST:PORT",
                  address)};
}

}  // namespace moldau::apps
