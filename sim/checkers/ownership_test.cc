#include "sim/checkers/story_test.h"

namespace moldau::sim {
namespace {

const OwnedPartition first{Uuid::of(0, 100), 0};
const OwnedPartition second{Uuid::of(0, 100), 1};

/// A story about group 0 of the consumer protocol.
class OwnersStory : public Story {
 public:
  /// A heartbeat that is answered a millisecond later.
  OwnersStory& beats(const std::string& member, std::int32_t epoch, OwnedPartitions owned = {},
                     std::optional<OwnedPartitions> assigned = std::nullopt, bool joins = false) {
    EpochTold told{.sent_at = now,
                   .group = 0,
                   .as = {.member_id = member, .generation = epoch, .by_epoch = true},
                   .joins = joins,
                   .owned = std::move(owned),
                   .assigned = std::move(assigned)};
    add(std::move(told));
    return *this;
  }
  OwnersStory& joins(const std::string& member, std::int32_t epoch, OwnedPartitions assigned = {}) {
    return beats(member, epoch, {}, std::move(assigned), true);
  }
  OwnersStory& releases(const std::string& member, OwnedPartitions partitions) {
    add(PartitionsReleased{
        .group = 0, .as = {.member_id = member}, .partitions = std::move(partitions)});
    return *this;
  }
};

TEST(PartitionsHaveOneOwner, has_nothing_against_one_that_changes_hands) {
  OwnersStory story;
  story.joins("a", 1, {first, second}).joins("b", 2).beats("a", 1, {first, second}, {{first}});
  story.releases("a", {second}).beats("a", 2, {first}).beats("b", 2, {}, {{second}});
  story.beats("a", 2, {first}).beats("b", 2, {second});
  EXPECT_EQ(story.complaints(), Complaints{});
}

TEST(PartitionsHaveOneOwner, complains_when_the_first_has_not_given_it_up_and_is_still_a_member) {
  OwnersStory story;
  story.joins("a", 1, {first, second}).joins("b", 2, {second}).beats("a", 2, {first, second});
  EXPECT_EQ(story.complaints(), Complaints{"partitions-have-one-owner"});
}

TEST(PartitionsHaveOneOwner, lets_it_go_to_another_when_the_first_is_heard_of_no_more) {
  OwnersStory story;
  story.joins("a", 1, {first}).joins("b", 2, {first}).beats("b", 2, {first});
  story.releases("a", {first}).joins("a", 3).beats("a", 3);
  EXPECT_EQ(story.complaints(), Complaints{});
}

TEST(MemberEpochsMoveForward, complains_when_one_goes_back) {
  OwnersStory mine;
  mine.joins("a", 3).beats("a", 2);
  EXPECT_EQ(mine.complaints(), Complaints{"member-epochs-move-forward"});
  OwnersStory another_s;
  another_s.joins("a", 3).wait(milliseconds(1));
  another_s.joins("b", 2);
  EXPECT_EQ(another_s.complaints(), Complaints{"member-epochs-move-forward"});
  OwnersStory lagging;
  lagging.joins("a", 2).joins("b", 3).beats("a", 2);
  EXPECT_EQ(lagging.complaints(), Complaints{});
}

}  // namespace
}  // namespace moldau::sim
