#pragma once

#include <string>
#include <vector>

#include "apps/cli/group_findings.h"

/// One function for each illness, in the order in which they are looked for. Each adds what it
/// finds. For explain_group().
namespace moldau::apps {

// group_findings_members.cc: of a group that there is
void add_rebalance(const GroupFacts& facts, std::vector<Finding>& findings);
void add_no_members(const GroupFacts& facts, std::vector<Finding>& findings);
void add_flapping(const GroupFacts& facts, std::vector<Finding>& findings);
void add_timed_out(const GroupFacts& facts, std::vector<Finding>& findings);
void add_turned_away(const GroupFacts& facts, std::vector<Finding>& findings);
void add_silent(const GroupFacts& facts, std::vector<Finding>& findings);
void add_idle(const GroupFacts& facts, std::vector<Finding>& findings);
void add_mixed(const GroupFacts& facts, std::vector<Finding>& findings);

// group_findings_partitions.cc
void add_unserved(const GroupFacts& facts, std::vector<Finding>& findings);
void add_missing_topics(const GroupFacts& facts, std::vector<Finding>& findings);
void add_open_transactions(const GroupFacts& facts, std::vector<Finding>& findings);
void add_out_of_range(const GroupFacts& facts, std::vector<Finding>& findings);
void add_stuck(const GroupFacts& facts, std::vector<Finding>& findings);
void add_unowned(const GroupFacts& facts, std::vector<Finding>& findings);
void add_no_commits(const GroupFacts& facts, std::vector<Finding>& findings);

/// " The last to go was ...", as the timeline tells; empty if it does not.
std::string last_to_go(const GroupFacts& facts);
/// As it is, but for control characters: what others have said, on a terminal.
std::string tame(std::string text);
/// "3m2s ago".
std::string ago(const GroupFacts& facts, std::int64_t time_ms);
/// "billing-app at 10.0.0.1".
std::string client_of(const GroupMember& member);
/// The group is between two assignments, so that nobody can be expected to get on.
bool is_rebalancing(const GroupDescription& group);

}  // namespace moldau::apps
