#pragma once

#include <string>
#include <vector>

#include "apps/cli/group_facts.h"

namespace moldau::apps {

/// One answer to "why is this group not progressing?".
struct Finding {
  enum class Weight : std::uint8_t {
    cause,  ///< this alone keeps the group, or some of its partitions, from getting on
    hint,   ///< it may be why, or will be a cause if it goes on
    fine,   ///< nothing is wrong
  };
  Weight weight{};
  std::string name;                       ///< for programs: "stuck_record"
  std::string says;                       ///< sentences
  std::string next;                       ///< what to do; empty: nothing
  std::vector<std::string> partitions{};  ///< "orders:3"
  std::vector<std::string> members{};     ///< ids
};

/// The most likely cause first; never empty.
std::vector<Finding> explain_group(const GroupFacts& facts);

/// "orders:0-2, pay:1": no more than a few, then how many more.
std::string partitions_text(const std::vector<TopicPartition>& partitions);

std::string findings_text(const GroupFacts& facts, const std::vector<Finding>& findings);
std::string findings_json(const GroupFacts& facts, const std::vector<Finding>& findings);

}  // namespace moldau::apps
