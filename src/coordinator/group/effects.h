#pragma once

#include <string>
#include <vector>

#include "coordinator/group/group_events.h"
#include "coordinator/group/groups.h"
#include "coordinator/runtime/step.h"

namespace moldau::coordinator {

/// What decisions leave behind; it becomes a Step.
struct Effects {
  std::vector<Record> records;
  std::vector<Release<ParkedGroupReply>> released;
  std::vector<std::string> notes;
  std::vector<GroupEvent> events;
};

}  // namespace moldau::coordinator
