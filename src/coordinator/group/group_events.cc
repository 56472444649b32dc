#include "coordinator/group/group_events.h"

#include <fmt/format.h>

namespace moldau::coordinator {

std::string_view name(GroupEvent::Kind kind) {
  using Kind = GroupEvent::Kind;
  switch (kind) {
    case Kind::none:
      return "none";
    case Kind::joined:
      return "joined";
    case Kind::rejoined:
      return "rejoined";
    case Kind::left:
      return "left";
    case Kind::session_timeout:
      return "session_timeout";
    case Kind::rebalance_timeout:
      return "rebalance_timeout";
    case Kind::static_replaced:
      return "static_replaced";
    case Kind::static_away:
      return "static_away";
    case Kind::fenced:
      return "fenced";
    case Kind::turned_away:
      return "turned_away";
    case Kind::leader:
      return "leader";
    case Kind::subscription:
      return "subscription";
    case Kind::topics:
      return "topics";
    case Kind::assignor:
      return "assignor";
    case Kind::migrated:
      return "migrated";
    case Kind::rebalance:
      return "rebalance";
    case Kind::generation:
      return "generation";
    case Kind::assigned:
      return "assigned";
    case Kind::emptied:
      return "emptied";
    case Kind::offsets_expired:
      return "offsets_expired";
    case Kind::deleted:
      return "deleted";
  }
  return "none";
}

bool may_cause_rebalance(GroupEvent::Kind kind) {
  using Kind = GroupEvent::Kind;
  switch (kind) {
    case Kind::joined:
    case Kind::rejoined:
    case Kind::left:
    case Kind::session_timeout:
    case Kind::rebalance_timeout:
    case Kind::static_replaced:
    case Kind::turned_away:
    case Kind::subscription:
    case Kind::topics:
    case Kind::assignor:
    case Kind::migrated:
      return true;
    default:
      return false;
  }
}

std::string client_text(std::string_view client_id, std::string_view client_host) {
  if (client_host.starts_with('/')) client_host.remove_prefix(1);
  return fmt::format("{} at {}", client_id, client_host);
}

}  // namespace moldau::coordinator
