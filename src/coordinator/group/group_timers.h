#pragma once

#include <cstdint>
#include <string_view>

#include "coordinator/runtime/timers.h"

namespace moldau::coordinator {

class ClassicGroup;
class ConsumerGroup;

/// What a deadline in Groups is about.
struct GroupTimer {
  enum class Kind : std::uint8_t {
    session,
    pending_member,
    join_phase,
    sync_phase,
    sweep,
    consumer_session,
    consumer_rebalance,
    consumer_join,
    consumer_sync,
  };
  Kind kind;
  ClassicGroup* group{nullptr};  ///< not for `sweep` and those of consumer groups
  /// Of sessions, `pending_member` and those of consumer groups: the member's own text.
  std::string_view member_id;
  ConsumerGroup* consumer_group{nullptr};  ///< of `consumer_...`
};
using GroupTimers = Timers<GroupTimer>;

}  // namespace moldau::coordinator
