#include "env/sim/options.h"
#include "protocol/error_code.h"
#include "sim/checkers/story_test.h"

namespace moldau::sim {
namespace {

using protocol::ErrorCode;

const Complaints forward{"log-start-moves-forward"};
const Complaints too_early{"only-what-may-go-goes"};

/// A story about a topic whose records may go.
class TrimmedStory : public Story {
 public:
  explicit TrimmedStory(const Retention& retention) {
    history.catalog().declare("trimmed-t", retention);
    where.topic = history.catalog().find_or_add(Uuid::of(0, 101), "trimmed-t");
    add(TopicCreated{.topic = where.topic, .partitions = 1});
  }
  /// `count` batches of one record and 100 bytes each, one a millisecond, from offset 0 on.
  TrimmedStory& batches(std::int32_t count) {
    for (std::int32_t i = 0; i < count; ++i) {
      add(BatchSent{.where = where, .first = {1, i}, .timestamp = wall(), .bytes = 100});
      acked({1, i}, i);
    }
    return *this;
  }
  WallMs wall() const { return {env::sim_wall_start.value + to_ms(now.time_since_epoch())}; }
  /// A fetch from there that finds nothing.
  TrimmedStory& told_start(std::int64_t start, std::int64_t end) {
    ask(end);
    add(Fetched{.read = reads,
                .where = where,
                .from = Offset(end),
                .high_watermark = Offset(end),
                .log_start = Offset(start)});
    return *this;
  }
  TrimmedStory& out_of_range(std::int64_t from) {
    ask(from);
    add(Fetched{.read = reads,
                .where = where,
                .error = ErrorCode::offset_out_of_range,
                .from = Offset(from)});
    return *this;
  }
  TrimmedStory& deleted_below(std::int64_t offset, std::int64_t left) {
    add(RecordsDeletionSent{.deletion = 1, .where = where, .below = Offset(offset)});
    add(RecordsDeletionAnswered{.deletion = 1, .where = where, .low_watermark = Offset(left)});
    return *this;
  }
  TrimmedStory& audited(std::int64_t start, std::int64_t end, std::uint64_t bytes) {
    add(AuditEnded{.where = where, .log_start = Offset(start), .end = Offset(end), .bytes = bytes});
    return *this;
  }
};

TEST(LogStartMovesForward, has_nothing_against_a_good_history) {
  TrimmedStory story({});
  story.batches(5).deleted_below(2, 2).told_start(2, 5).out_of_range(1);
  story.deleted_below(4, 4).add(BrokerEnded{.how = "killed"}).add(BrokerStarted{.life = 2});
  story.told_start(4, 5).audited(4, 5, 100);
  EXPECT_EQ(story.complaints(), Complaints{});
}

TEST(LogStartMovesForward, complains_when_it_goes_back_in_one_life_or_over_a_clean_stop) {
  for (const char* const how : {"", "stopped", "killed"}) {
    TrimmedStory story({.time = Duration(0)});
    story.batches(5).told_start(3, 5);
    if (*how != 0) story.add(BrokerEnded{.how = how}).add(BrokerStarted{.life = 2});
    story.told_start(2, 5);
    EXPECT_EQ(story.complaints(), std::string_view(how) == "killed" ? Complaints{} : forward);
  }
}

TEST(LogStartMovesForward, complains_when_deleted_records_are_back_after_a_power_cut) {
  TrimmedStory story({});
  story.batches(5).deleted_below(3, 3).add(BrokerEnded{.how = "power cut"});
  story.add(BrokerStarted{.life = 2}).read(2, 5, {{1, 2}});
  EXPECT_EQ(story.complaints(), forward);
}

TEST(LogStartMovesForward, complains_when_less_was_deleted_than_asked_for) {
  TrimmedStory story({});
  story.batches(5).deleted_below(3, 2);
  EXPECT_EQ(story.complaints(), forward);
}

TEST(LogStartMovesForward, complains_when_it_passes_the_high_watermark) {
  TrimmedStory story({.time = Duration(0)});
  story.ask(0).add(Fetched{.read = 1,
                           .where = story.where,
                           .from = Offset(0),
                           .high_watermark = Offset(0),
                           .log_start = Offset(2)});
  EXPECT_EQ(story.complaints(), forward);
}

TEST(OnlyWhatMayGoGoes, complains_when_nobody_has_deleted_it) {
  TrimmedStory told({});
  told.batches(5).deleted_below(2, 2).told_start(3, 5);
  EXPECT_EQ(told.complaints(), too_early);
  TrimmedStory refused({});
  refused.batches(5).out_of_range(2);
  EXPECT_EQ(refused.complaints(), too_early);
}

TEST(OnlyWhatMayGoGoes, goes_by_the_broker_s_clock_at_its_furthest) {
  for (const int ahead : {0, 900}) {
    TrimmedStory story({.time = std::chrono::seconds(1)});
    story.batches(5).wait(milliseconds(200));
    story.add(ClockStepped{.ahead = milliseconds(ahead)}).add(ClockStepped{});
    story.told_start(3, 5);
    EXPECT_EQ(story.complaints(), ahead == 0 ? too_early : Complaints{});
  }
}

TEST(OnlyWhatMayGoGoes, complains_when_less_is_left_than_the_size_that_stays) {
  for (const std::uint64_t left : {200, 300}) {
    TrimmedStory story({.bytes = 300});
    story.batches(5).told_start(3, 5).audited(3, 5, left);
    EXPECT_EQ(story.complaints(), left == 200 ? too_early : Complaints{});
  }
}

TEST(OnlyWhatMayGoGoes, counts_what_a_crash_may_have_taken_from_the_end) {
  TrimmedStory story({.bytes = 300});
  story.batches(5);
  story.add(BatchSent{.where = story.where, .first = {3, 0}, .bytes = 100});
  story.told_start(3, 5).audited(3, 5, 200);
  EXPECT_EQ(story.complaints(), Complaints{});
}

}  // namespace
}  // namespace moldau::sim
