#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace moldau::coordinator {

/// How a group stands now, for people: more than DescribeGroups tells. Texts are copies.
struct GroupInspection {
  /// Members and waits beyond this many are counted and left out.
  static constexpr std::size_t members_max = 200;

  struct Member {
    std::string id;
    std::string instance_id;  ///< empty: not static
    std::string client_id;
    std::string client_host;
    std::optional<std::int32_t> epoch;  ///< in a group of the consumer protocol
    bool speaks_classic{true};
    std::int64_t session_timeout_ms{0};
    std::int64_t rebalance_timeout_ms{0};
    /// Since its last heartbeat, or other word; none: it waits for an answer of ours.
    std::optional<std::int64_t> heard_ms_ago;
    std::string_view doing;  ///< "stable", "waits in JoinGroup", "gives up partitions", ...
  };
  /// Somebody without whom the group does not get on.
  struct Wait {
    std::string member;                     ///< its id; empty: nobody in particular
    std::string client;                     ///< "billing-app at 10.0.0.1"
    std::string_view what;                  ///< "to join again", "to give up partitions", ...
    std::vector<std::string> partitions{};  ///< that it has yet to give up: "orders:3"
    std::optional<std::int64_t> for_ms{};   ///< how long already
    std::optional<std::int64_t> left_ms{};  ///< until it is removed
  };

  std::string_view type;  ///< "classic", "consumer"
  std::string_view state;
  std::optional<std::int64_t> state_for_ms;
  std::int32_t generation{0};                ///< the epoch of a group of the consumer protocol
  std::optional<std::int32_t> target_epoch;  ///< of a group of the consumer protocol
  std::string protocol_type;
  std::string protocol;  ///< the assignor
  std::string leader;
  std::size_t member_count{0};
  std::size_t ids_given_out{0};  ///< that nobody has joined with yet
  std::vector<Member> members;
  std::vector<Wait> waits_for;
};

}  // namespace moldau::coordinator
