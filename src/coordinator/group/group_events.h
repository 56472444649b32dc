#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace moldau::coordinator {

/// Something that happened in a group, for its history and for counters. Texts are as long as
/// clients made them: who keeps an event cuts them.
struct GroupEvent {
  enum class Kind : std::uint8_t {
    none,
    joined,             ///< a new member
    rejoined,           ///< a member wants something else, or the leader another assignment
    left,               ///< by itself, or removed by an administrator
    session_timeout,    ///< not heard of in time
    rebalance_timeout,  ///< it has not joined, synced or given up its partitions in time
    static_replaced,    ///< another process with the same group.instance.id took its place
    static_away,        ///< a static member left, to be back within its session
    fenced,             ///< a request was refused: its sender is no member any more, or another is
    turned_away,        ///< no room in the group, or protocols that do not fit
    leader,             ///< another member leads
    subscription,       ///< a member subscribes to other topics
    topics,             ///< topics that are subscribed to have come, gone or changed
    assignor,           ///< members prefer another assignor
    migrated,           ///< to the other protocol
    rebalance,          ///< one begins; `cause` says why
    generation,         ///< members are told of a new generation
    assigned,           ///< assignments are there
    emptied,            ///< nobody is left
    offsets_expired,
    deleted,
  };
  static constexpr std::size_t kinds = static_cast<std::size_t>(Kind::deleted) + 1;

  Kind kind{};
  Kind cause{};  ///< of `rebalance`
  std::string group;
  std::string member{};  ///< its id; empty: it is about nobody in particular
  std::string client{};  ///< "billing-app at 10.0.0.1": the same when the member's id changes
  std::string text;      ///< for people, without the group: "member \"m\" joins"
};

/// A word for people and for labels of metrics: "session_timeout".
std::string_view name(GroupEvent::Kind kind);

bool may_cause_rebalance(GroupEvent::Kind kind);

/// "client at host"; the host as Kafka writes it, "/10.0.0.1", loses its slash.
std::string client_text(std::string_view client_id, std::string_view client_host);

}  // namespace moldau::coordinator
