#include "sim/checkers/story_test.h"

namespace moldau::sim {
namespace {

using protocol::ErrorCode;

/// A story of group 0 and the offsets of its one partition. Commit n commits offset 10 n.
class GroupStory : public Story {
 public:
  GroupStory& sent(int commit, GroupIdentity as = {}) {
    commits.resize(std::max(commits.size(), static_cast<std::size_t>(commit) + 1));
    commits[static_cast<std::size_t>(commit)] = now + milliseconds(1);
    add(CommitSent{
        .commit = commit, .group = 0, .where = where, .offset = Offset(10 * commit), .as = as});
    return *this;
  }
  GroupStory& answered(int commit, ErrorCode error = ErrorCode::none, GroupIdentity as = {}) {
    add(CommitAnswered{.sent_at = commits[static_cast<std::size_t>(commit)],
                       .commit = commit,
                       .group = 0,
                       .where = where,
                       .error = error,
                       .as = as});
    return *this;
  }
  GroupStory& committed(int commit, const GroupIdentity& as = {}) {
    return sent(commit, as).answered(commit, ErrorCode::none, as);
  }
  /// 0: no offset.
  GroupStory& told(int commit) { return told_to_question_of(now + milliseconds(1), commit); }
  GroupStory& told_to_question_of(MonoTime asked_at, int commit) {
    add(OffsetTold{.asked_at = asked_at,
                   .group = 0,
                   .where = where,
                   .offset = commit == 0 ? no_offset : Offset(10 * commit),
                   .commit = commit});
    return *this;
  }
  GroupStory& crash() {
    add(BrokerEnded{}).add(BrokerStarted{.life = 2});
    return *this;
  }
  GroupStory& joined(const GroupIdentity& as, bool leads = false) {
    add(GroupJoined{.asked_at = now + milliseconds(1), .group = 0, .as = as, .leads = leads});
    return *this;
  }
  GroupStory& assigns(std::int32_t generation, int assignment,
                      std::map<std::string, AssignedPartitions> to) {
    add(AssignmentSent{
        .group = 0, .generation = generation, .assignment = assignment, .to = std::move(to)});
    return *this;
  }
  GroupStory& assigned(const GroupIdentity& as, int assignment, AssignedPartitions partitions) {
    add(AssignmentTold{
        .group = 0, .as = as, .assignment = assignment, .partitions = std::move(partitions)});
    return *this;
  }

  std::vector<MonoTime> commits;
};

const Complaints lost{"committed-offsets-stay"};
const Complaints shared{"generations-are-exclusive"};

GroupIdentity member(const std::string& id, std::int32_t generation) {
  return {.member_id = id, .instance_id = {}, .generation = generation};
}
GroupIdentity static_member(const std::string& id, std::int32_t generation) {
  return {.member_id = id, .instance_id = "s", .generation = generation};
}

TEST(CommittedOffsetsStay, has_nothing_against_a_good_history) {
  GroupStory story;
  story.told(0).committed(1).told(1).crash().told(1).committed(2).told(2);
  story.sent(3).answered(3, ErrorCode::illegal_generation).told(2);
  EXPECT_EQ(story.complaints(), Complaints{});
}

TEST(CommittedOffsetsStay, complains_when_an_acknowledged_commit_is_gone_after_a_crash) {
  GroupStory story;
  story.committed(1).committed(2).crash().told(1);
  EXPECT_EQ(story.complaints(), lost);
  GroupStory nothing;
  nothing.committed(1).crash().told(0);
  EXPECT_EQ(nothing.complaints(), lost);
}

TEST(CommittedOffsetsStay, allows_a_commit_without_an_answer_to_have_happened_or_not) {
  for (const int happened : {1, 2}) {
    GroupStory story;
    story.committed(1).sent(2).crash().told(happened).told(happened);
    EXPECT_EQ(story.complaints(), Complaints{});
    story.told(3 - happened);
    EXPECT_EQ(story.complaints(), lost);
  }
}

TEST(CommittedOffsetsStay, allows_a_commit_on_a_lost_connection_to_happen_late_in_the_same_life) {
  GroupStory late;
  late.sent(1).committed(2).told(2).told(1);
  EXPECT_EQ(late.complaints(), Complaints{});
  GroupStory too_late;
  too_late.sent(1).crash().committed(2).told(1);
  EXPECT_EQ(too_late.complaints(), lost);
}

TEST(CommittedOffsetsStay, complains_when_what_was_told_goes_back) {
  GroupStory story;
  story.sent(1).sent(2).told(1).told(2).told(1);
  EXPECT_EQ(story.complaints(), lost);
}

TEST(CommittedOffsetsStay, allows_answers_to_overtake_each_other) {
  GroupStory story;
  const MonoTime before = story.now;
  story.committed(1).told(1).told_to_question_of(before, 0);
  EXPECT_EQ(story.complaints(), Complaints{});
}

TEST(CommittedOffsetsStay, complains_about_what_was_refused_or_never_sent) {
  GroupStory refused;
  refused.sent(1).answered(1, ErrorCode::illegal_generation).told(1);
  EXPECT_EQ(refused.complaints(), lost);
  GroupStory refused_late;
  refused_late.sent(1).told(1).answered(1, ErrorCode::illegal_generation);
  EXPECT_EQ(refused_late.complaints(), lost);
  GroupStory open;
  open.sent(1).answered(1, ErrorCode::coordinator_not_available).told(1);
  EXPECT_EQ(open.complaints(), Complaints{});
  GroupStory unsent;
  unsent.told(1);
  EXPECT_EQ(unsent.complaints(), lost);
}

TEST(CommittedOffsetsStay, complains_when_a_deleted_offset_is_back) {
  GroupStory story;
  story.committed(1);
  story.add(CommitSent{.commit = 2, .group = 0, .where = story.where});
  story.add(CommitAnswered{.sent_at = story.now, .commit = 2, .group = 0, .where = story.where});
  story.told(0).crash().told(0);
  EXPECT_EQ(story.complaints(), Complaints{});
  story.told(1);
  EXPECT_EQ(story.complaints(), lost);
}

TEST(CommittedOffsetsStay, does_not_mind_a_topic_that_is_being_deleted) {
  GroupStory story;
  story.committed(1).add(DeletionBegun{.topic = 0});
  story.told(0);
  EXPECT_EQ(story.complaints(), Complaints{});
}

TEST(GenerationsAreExclusive, has_nothing_against_a_good_history) {
  GroupStory story;
  story.joined(member("a", 1), true).joined(member("b", 1));
  story.assigns(1, 1, {{"a", {{"t", 0}}}, {"b", {{"t", 1}}}});
  story.assigned(member("a", 1), 1, {{"t", 0}}).assigned(member("b", 1), 1, {{"t", 1}});
  story.committed(1, member("a", 1)).crash().committed(2, member("a", 1));
  story.joined(member("a", 2)).joined(member("b", 2), true);
  story.sent(3, member("a", 1)).answered(3, ErrorCode::illegal_generation, member("a", 1));
  EXPECT_EQ(story.complaints(), Complaints{});
}

TEST(GenerationsAreExclusive, complains_when_a_member_is_told_what_the_leader_did_not_send) {
  GroupStory other;
  other.assigns(1, 1, {{"a", {{"t", 0}}}, {"b", {{"t", 1}}}});
  other.assigned(member("a", 1), 1, {{"t", 1}});
  EXPECT_EQ(other.complaints(), shared);
  GroupStory nothing;
  nothing.assigns(1, 1, {{"a", {{"t", 0}}}}).assigned(member("a", 1), 0, {});
  EXPECT_EQ(nothing.complaints(), shared);
  GroupStory earlier;
  earlier.assigns(1, 1, {{"a", {{"t", 0}}}}).assigned(member("a", 2), 1, {{"t", 0}});
  EXPECT_EQ(earlier.complaints(), shared);
}

TEST(GenerationsAreExclusive, complains_when_two_assignments_are_told_in_a_generation) {
  GroupStory story;
  story.assigns(1, 1, {{"a", {{"t", 0}}}, {"b", {}}});
  story.assigns(1, 2, {{"a", {}}, {"b", {{"t", 0}}}});
  story.assigned(member("a", 1), 1, {{"t", 0}}).crash().assigned(member("b", 1), 2, {{"t", 0}});
  EXPECT_EQ(story.complaints(), shared);
}

TEST(GenerationsAreExclusive, complains_about_two_leaders) {
  GroupStory story;
  story.joined(member("a", 1), true).joined(member("b", 1), true);
  EXPECT_EQ(story.complaints(), shared);
}

TEST(GenerationsAreExclusive, complains_when_a_generation_goes_back) {
  for (const bool crashes : {false, true}) {
    GroupStory story;
    story.assigns(2, 1, {{"a", {}}}).joined(member("a", 2)).assigned(member("a", 2), 1, {});
    if (crashes) story.crash();
    story.joined(member("a", 1));
    EXPECT_EQ(story.complaints(), shared);
  }
}

TEST(GenerationsAreExclusive, allows_a_crash_to_take_back_a_generation_without_an_assignment) {
  GroupStory story;
  story.joined(member("a", 2), true).crash().joined(member("b", 2), true).joined(member("c", 1));
  EXPECT_EQ(story.complaints(), shared);
  GroupStory first;
  first.joined(member("a", 2), true).crash().joined(member("b", 1), true);
  EXPECT_EQ(first.complaints(), Complaints{});
}

TEST(GenerationsAreExclusive, allows_a_failed_append_to_take_it_back_too) {
  GroupStory story;
  story.add(FaultInjected{.what = "failed write"});
  story.joined(member("a", 2), true).joined(member("b", 1), true);
  EXPECT_EQ(story.complaints(), Complaints{});
}

TEST(GenerationsAreExclusive, complains_when_a_commit_of_an_earlier_generation_is_taken) {
  GroupStory story;
  story.joined(member("a", 1)).committed(1, member("a", 1)).joined(member("b", 2));
  EXPECT_EQ(story.complaints(), Complaints{});
  story.committed(2, member("a", 1));
  EXPECT_EQ(story.complaints(), shared);
}

TEST(GenerationsAreExclusive, complains_when_a_replaced_static_member_commits) {
  GroupStory story;
  story.joined(static_member("s-1", 1)).committed(1, static_member("s-1", 1));
  story.joined(static_member("s-2", 1)).committed(2, static_member("s-2", 1));
  EXPECT_EQ(story.complaints(), Complaints{});
  story.committed(3, static_member("s-1", 1));
  EXPECT_EQ(story.complaints(), shared);
}

TEST(GenerationsAreExclusive, lets_a_static_member_have_what_it_had_under_another_id) {
  GroupStory story;
  story.assigns(1, 1, {{"s-1", {{"t", 0}}}}).joined(static_member("s-1", 1), true);
  story.assigned(static_member("s-1", 1), 1, {{"t", 0}});
  story.joined(static_member("s-2", 1), true).assigned(static_member("s-2", 1), 1, {{"t", 0}});
  EXPECT_EQ(story.complaints(), Complaints{});
}

}  // namespace
}  // namespace moldau::sim
