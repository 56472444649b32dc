#include "protocol/error_code.h"
#include "sim/checkers/liveness.h"
#include "sim/checkers/story_test.h"

namespace moldau::sim {
namespace {

using protocol::ErrorCode;

TEST(Checkers, have_nothing_against_a_good_history) {
  Story story;
  story.sent({1, 0}, 2).acked({1, 0}, 0, 2).sent({2, 0}).acked({2, 0}, 2);
  story.read(0, 3, {{1, 0}, {1, 1}, {2, 0}}).read(2, 3, {{2, 0}}).read(3, 3);
  story.add(BrokerStarted{.life = 2}).audit(3);
  EXPECT_EQ(story.complaints(), Complaints{});
}

TEST(AcknowledgedIsNeverLost, complains_when_the_log_ends_before_what_was_acknowledged) {
  Story story;
  story.sent({1, 0}, 3).acked({1, 0}, 0, 3).audit(2);
  EXPECT_EQ(story.complaints(), Complaints{"acknowledged-is-never-lost"});
}

TEST(AcknowledgedIsNeverLost, complains_when_another_record_is_at_the_offset) {
  Story story;
  story.sent({1, 0}).sent({1, 1}).acked({1, 0}, 0).read(0, 1, {{1, 1}});
  EXPECT_EQ(story.complaints(), Complaints{"acknowledged-is-never-lost"});
}

TEST(AcknowledgedIsNeverLost, complains_when_an_offset_is_given_twice) {
  Story story;
  story.sent({1, 0}, 2).sent({2, 0}).acked({1, 0}, 0, 2).acked({2, 0}, 1);
  EXPECT_EQ(story.complaints(), Complaints{"acknowledged-is-never-lost"});
}

TEST(AcknowledgedIsNeverLost, does_not_mind_a_topic_that_is_being_deleted) {
  Story story;
  story.sent({1, 0}).acked({1, 0}, 0).add(DeletionBegun{.topic = 0}).audit(0).read(0, 0);
  EXPECT_EQ(story.complaints(), Complaints{});
}

TEST(ReadIsNeverChanged, complains_when_what_was_read_is_another_record_later) {
  Story story;
  story.sent({1, 0}).sent({3, 0}).read(0, 1, {{1, 0}}).read(0, 1, {{3, 0}});
  EXPECT_EQ(story.complaints(), Complaints{"read-is-never-changed"});
}

TEST(ReadIsNeverChanged, complains_when_what_was_read_is_gone) {
  Story story;
  story.sent({1, 0}).read(0, 1, {{1, 0}}).audit(0);
  EXPECT_EQ(story.complaints(), Complaints{"read-is-never-changed"});
}

TEST(AcknowledgedIsVisible, complains_when_a_fetch_does_not_know_of_an_acknowledgement) {
  Story story;
  story.sent({1, 0}).acked({1, 0}, 0).read(0, 0);
  EXPECT_EQ(story.complaints(), Complaints{"acknowledged-is-visible"});
}

TEST(AcknowledgedIsVisible, counts_what_was_acknowledged_before_the_question_only) {
  Story story;
  story.sent({1, 0}).ask(0).acked({1, 0}, 0).answer(0, 0);
  EXPECT_EQ(story.complaints(), Complaints{});
}

TEST(AcknowledgedIsVisible, complains_when_ListOffsets_does_not_know_of_an_acknowledgement) {
  Story story;
  story.sent({1, 0}).acked({1, 0}, 0).ask(-1).add(
      OffsetListed{.read = 1, .where = story.where, .offset = Offset(0)});
  EXPECT_EQ(story.complaints(), Complaints{"acknowledged-is-visible"});
}

TEST(AcknowledgedIsVisible, complains_when_the_offset_is_out_of_range) {
  Story story;
  story.sent({1, 0}).acked({1, 0}, 0).ask(0).add(Fetched{
      .read = 1, .where = story.where, .error = ErrorCode::offset_out_of_range, .from = Offset(0)});
  EXPECT_EQ(story.complaints(), Complaints{"acknowledged-is-visible"});
}

TEST(HighWatermarkNeverGoesBack, complains_when_it_does_across_a_restart) {
  Story story;
  story.read(5, 5).add(BrokerStarted{.life = 2}).read(4, 4);
  EXPECT_EQ(story.complaints(), Complaints{"high-watermark-never-goes-back"});
}

TEST(HighWatermarkNeverGoesBack, allows_answers_to_overtake_each_other) {
  Story story;
  story.add(ReadBegun{.read = 101, .where = story.where, .from = Offset(4)}).read(5, 5);
  story.add(Fetched{.read = 101,
                    .where = story.where,
                    .from = Offset(4),
                    .high_watermark = Offset(4),
                    .log_start = Offset(0)});
  EXPECT_EQ(story.complaints(), Complaints{});
}

TEST(OffsetsAreDense, complains_about_a_gap) {
  Story story;
  story.sent({1, 0}).ask(3);
  story.add(Fetched{.read = 1,
                    .where = story.where,
                    .from = Offset(3),
                    .high_watermark = Offset(9),
                    .log_start = Offset(0),
                    .records = {{.offset = Offset(4), .id = RecordId{1, 0}}}});
  EXPECT_EQ(story.complaints(), Complaints{"offsets-are-dense"});
}

TEST(OffsetsAreDense, complains_about_records_above_the_high_watermark) {
  Story story;
  story.sent({1, 0}).read(0, 0, {{1, 0}});
  EXPECT_EQ(story.complaints(), Complaints{"offsets-are-dense"});
}

TEST(OffsetsAreDense, complains_about_a_log_that_has_lost_its_start) {
  Story story;
  story.ask(0).add(Fetched{.read = 1,
                           .where = story.where,
                           .from = Offset(0),
                           .high_watermark = Offset(0),
                           .log_start = Offset(2)});
  EXPECT_EQ(story.complaints(), Complaints{"offsets-are-dense"});
}

TEST(OnlySentRecordsAppear, complains_about_what_nobody_sent_and_about_damage) {
  Story unsent;
  unsent.sent({1, 0}).read(0, 1, {{1, 5}});
  EXPECT_EQ(unsent.complaints(), Complaints{"only-sent-records-appear"});
  Story elsewhere;
  elsewhere.sent({1, 0});
  elsewhere.where = {0, 1};
  elsewhere.read(0, 1, {{1, 0}});
  EXPECT_EQ(elsewhere.complaints(), Complaints{"only-sent-records-appear"});
  Story damaged;
  damaged.ask(0).add(Fetched{.read = 1,
                             .where = damaged.where,
                             .from = Offset(0),
                             .high_watermark = Offset(1),
                             .log_start = Offset(0),
                             .records = {{.offset = Offset(0)}}});
  EXPECT_EQ(damaged.complaints(), Complaints{"only-sent-records-appear"});
}

TEST(Producers, complain_about_a_record_that_is_there_twice) {
  Story story;
  story.sent({2, 0}).read(0, 2, {{2, 0}, {2, 0}});
  EXPECT_EQ(story.complaints(), Complaints{"producers-are-in-order-and-exactly-once"});
}

TEST(Producers, complain_about_one_connection_out_of_order) {
  Story story;
  story.sent({1, 0}).sent({1, 1}).read(0, 2, {{1, 1}, {1, 0}});
  EXPECT_EQ(story.complaints(), Complaints{"producers-are-in-order-and-exactly-once"});
}

TEST(Producers, may_be_out_of_order_over_two_connections_unless_idempotent) {
  Story plain;
  plain.sent({1, 0}, 1, 1).sent({1, 1}, 1, 2).read(0, 2, {{1, 1}, {1, 0}});
  EXPECT_EQ(plain.complaints(), Complaints{});
  Story idempotent;
  idempotent.sent({2, 0}, 1, 1).sent({2, 1}, 1, 2).read(0, 2, {{2, 1}, {2, 0}});
  EXPECT_EQ(idempotent.complaints(), Complaints{"producers-are-in-order-and-exactly-once"});
}

TEST(Producers, complain_about_a_gap_in_the_sequences_of_an_idempotent_one) {
  Story story;
  story.sent({2, 0}).sent({2, 1}).sent({2, 2}).read(0, 2, {{2, 0}, {2, 2}}).audit(2);
  EXPECT_EQ(story.complaints(), Complaints{"producers-are-in-order-and-exactly-once"});
}

TEST(SequencesAreRemembered, complains_when_the_next_sequence_is_refused) {
  Story story;
  BatchRefused refused{
      .where = story.where, .first = {2, 1}, .error = ErrorCode::out_of_order_sequence_number};
  story.add(refused);
  EXPECT_EQ(story.complaints(), Complaints{});
  refused.follows_acked = true;
  story.add(refused);
  EXPECT_EQ(story.complaints(), Complaints{"sequences-are-remembered"});
}

TEST(SequencesAreRemembered, excuses_a_batch_that_was_under_way_when_the_broker_stopped) {
  Story story;
  story.sent({2, 1}).add(BrokerStarted{});
  story.add(BatchRefused{.where = story.where,
                         .first = {2, 1},
                         .error = ErrorCode::out_of_order_sequence_number,
                         .follows_acked = true});
  EXPECT_EQ(story.complaints(), Complaints{});
}

TEST(ProducerIdsAreUnique, complains_when_two_actors_get_the_same) {
  Story story;
  story.add(ProducerIdGiven{.actor = 1, .producer_id = ProducerId(1000)});
  story.add(ProducerIdGiven{.actor = 2, .producer_id = ProducerId(1000)});
  EXPECT_EQ(story.complaints(), Complaints{"producer-ids-are-unique"});
}

TEST(TopicsStay, complains_when_a_topic_or_a_partition_is_gone_after_a_restart) {
  for (const int partitions : {0, 1, 2}) {
    Story story;
    story.add(BrokerStarted{.life = 2});
    MetadataSeen metadata{.asked_at = story.now, .topics = {}};
    if (partitions > 0) metadata.topics = {{0, partitions}};
    story.add(metadata);
    EXPECT_EQ(story.complaints(), partitions == 2 ? Complaints{} : Complaints{"topics-stay"});
  }
}

TEST(TopicsStay, complains_when_a_deleted_topic_is_back) {
  Story story;
  story.add(DeletionBegun{.topic = 0}).add(TopicDeleted{.topic = 0}).add(BrokerStarted{.life = 2});
  story.add(MetadataSeen{.asked_at = story.now, .topics = {{0, 2}}});
  EXPECT_EQ(story.complaints(), Complaints{"topics-stay"});
}

TEST(BrokerStarts, complains_about_quarantine_and_about_a_start_that_fails_on_a_sound_disk) {
  Story quarantined;
  quarantined.add(BrokerStarted{.life = 2, .quarantined = 1});
  EXPECT_EQ(quarantined.complaints(), Complaints{"broker-starts"});
  Story failed;
  failed.add(BrokerStartFailed{.life = 2, .error = "io", .excused = true});
  EXPECT_EQ(failed.complaints(), Complaints{});
  failed.add(BrokerStartFailed{.life = 3, .error = "corrupt"});
  EXPECT_EQ(failed.complaints(), Complaints{"broker-starts"});
}

TEST(AnswersArePossible, complains_about_errors_that_mean_a_bug) {
  Story refused;
  refused.add(BatchRefused{.where = refused.where, .error = ErrorCode::corrupt_message});
  EXPECT_EQ(refused.complaints(), Complaints{"answers-are-possible"});
  Story fetched;
  fetched.ask(0).add(
      Fetched{.read = 1, .where = fetched.where, .error = ErrorCode::unknown_server_error});
  EXPECT_EQ(fetched.complaints(), Complaints{"answers-are-possible"});
}

TEST(AnswersArePrompt, complains_about_late_acknowledgements_in_the_calm_only) {
  for (const bool calm : {false, true}) {
    Story story;
    if (calm) story.add(CalmBegun{});
    story.sent({1, 0});
    const MonoTime sent_at = story.now;
    story.wait(prompt_bound)
        .add(BatchAcked{
            .where = story.where, .first = {1, 0}, .base_offset = Offset(0), .sent_at = sent_at});
    EXPECT_EQ(story.complaints(), calm ? Complaints{"answers-are-prompt"} : Complaints{});
  }
}

TEST(AnswersArePrompt, complains_when_a_long_poll_sleeps_over_what_it_waits_for) {
  Story story;
  story.add(CalmBegun{}).sent({1, 0}).ask(0, prompt_bound * 4).acked({1, 0}, 0);
  story.wait(prompt_bound).answer(0, 1, {{1, 0}});
  EXPECT_EQ(story.complaints(), Complaints{"answers-are-prompt"});
}

TEST(AnswersArePrompt, complains_when_a_request_gets_no_answer_or_an_error_in_the_calm) {
  Story lost;
  lost.add(CalmBegun{});
  lost.add(RequestLost{.actor = 1, .sent_at = lost.now, .why = "timed out"});
  EXPECT_EQ(lost.complaints(), Complaints{"answers-are-prompt"});
  Story stale;
  stale.add(BrokerEnded{.at = stale.now}).wait(milliseconds(1)).add(CalmBegun{});
  stale.add(RequestLost{.actor = 1, .sent_at = stale.now, .why = "reset", .connected_at = {}});
  EXPECT_EQ(stale.complaints(), Complaints{});
  stale.add(RequestLost{.actor = 1, .sent_at = stale.now, .why = "reset", .connected_at = {}});
  EXPECT_EQ(stale.complaints(), Complaints{"answers-are-prompt"});
  Story refused;
  refused.add(CalmBegun{});
  refused.add(BatchRefused{
      .where = refused.where, .error = ErrorCode::kafka_storage_error, .sent_at = refused.now});
  EXPECT_EQ(refused.complaints(), Complaints{"answers-are-prompt"});
  Story bound;
  bound.add(BoundMissed{.what = "an orderly stop"});
  EXPECT_EQ(bound.complaints(), Complaints{"answers-are-prompt"});
}

/// Somebody reads a batch whose checksum is wrong.
void read_damaged(Story& story, std::int64_t offset) {
  story.ask(offset).add(Fetched{.read = story.reads,
                                .where = story.where,
                                .from = Offset(offset),
                                .high_watermark = Offset(offset + 1),
                                .log_start = Offset(0),
                                .records = {{.offset = Offset(offset)}}});
}

TEST(Damage, excuses_what_a_client_can_tell_until_it_is_mended) {
  Story story;
  story.sent({1, 0}).acked({1, 0}, 0).add(BytesDamaged{.where = story.where});
  read_damaged(story, 0);
  story.add(BrokerStarted{.life = 2, .quarantined = 1}).read(0, 1, {{1, 0}});
  EXPECT_EQ(story.complaints(), Complaints{});
  story.add(DamageMended{});
  read_damaged(story, 0);
  EXPECT_NE(story.complaints(), Complaints{});
}

TEST(Damage, excuses_no_other_partition_and_no_wrong_records) {
  Story elsewhere;
  elsewhere.sent({1, 0}).add(BytesDamaged{.where = PartitionRef{0, 1}});
  read_damaged(elsewhere, 0);
  EXPECT_EQ(elsewhere.complaints(), Complaints{"only-sent-records-appear"});
  Story wrong;
  wrong.sent({1, 0}).sent({1, 1}).acked({1, 0}, 0).add(BytesDamaged{.where = wrong.where});
  wrong.read(0, 1, {{1, 1}});
  EXPECT_EQ(wrong.complaints(), Complaints{"acknowledged-is-never-lost"});
  Story two;
  two.add(BytesDamaged{.where = two.where}).add(BrokerStarted{.life = 2, .quarantined = 2});
  EXPECT_EQ(two.complaints(), Complaints{"broker-starts"});
}

TEST(Damage, lets_a_tail_go_only_from_where_a_start_can_not_tell) {
  for (const std::int64_t end : {1, 2}) {
    Story story;
    story.sent({1, 0}, 3).acked({1, 0}, 0, 3).read(0, 3, {{1, 0}, {1, 1}, {1, 2}});
    story.add(BytesDamaged{.where = story.where, .intact_below = Offset(2)});
    story.add(DamageMended{}).audit(end);
    EXPECT_EQ(story.complaints().empty(), end == 2);
  }
}

/// A story about a compacted topic. Records 0 to 59 of actor 1 in its partition, one in a batch.
class CompactedStory : public Story {
 public:
  CompactedStory() {
    where.topic = history.catalog().find_or_add(Uuid::of(0, 101), "compacted-c");
    add(TopicCreated{.topic = where.topic, .partitions = 1});
    for (std::int32_t i = 0; i < 60; ++i) sent({1, i}).acked({1, i}, i);
  }
  static KeyedRecord record(std::int32_t number) { return keyed_record({1, number}); }
  /// The last record of the 60 whose key had, or had not, a tombstone somewhere.
  static std::int32_t newest(bool of_a_key_with_tombstone) {
    for (std::int32_t i = 59;; --i) {
      bool has_tombstone = false;
      bool is_newest = true;
      for (std::int32_t j = 0; j < 60; ++j) {
        if (record(j).key != record(i).key) continue;
        has_tombstone |= record(j).is_tombstone;
        is_newest = is_newest && j <= i;
      }
      if (is_newest && has_tombstone == of_a_key_with_tombstone) return i;
    }
  }
  void audit_without(const std::function<bool(std::int32_t)>& is_gone) {
    AuditEnded audit{.where = where, .log_start = Offset(0), .end = Offset(60)};
    for (std::int32_t i = 0; i < 60; ++i) {
      if (!is_gone(i)) audit.left.push_back({.offset = Offset(i), .id = RecordId{1, i}});
    }
    add(std::move(audit));
  }
};

TEST(NewestOfEachKeyStays, complains_when_it_is_gone) {
  CompactedStory all;
  all.audit_without([](std::int32_t) { return false; });
  EXPECT_EQ(all.complaints(), Complaints{});
  CompactedStory story;
  const auto gone = CompactedStory::newest(false);
  story.audit_without([&](std::int32_t i) { return i == gone; });
  EXPECT_EQ(story.complaints(), Complaints{"newest-of-each-key-stays"});
}

TEST(NewestOfEachKeyStays, lets_a_key_go_that_was_removed_but_not_its_newest_alone) {
  const auto newest = CompactedStory::newest(true);
  const auto key = CompactedStory::record(newest).key;
  CompactedStory removed;
  removed.audit_without([&](std::int32_t i) { return CompactedStory::record(i).key == key; });
  EXPECT_EQ(removed.complaints(), Complaints{});
  CompactedStory back;
  back.audit_without([&](std::int32_t i) { return i == newest; });
  EXPECT_EQ(back.complaints(), Complaints{"newest-of-each-key-stays"});
}

TEST(OffsetsAreDense, may_have_gaps_in_a_compacted_topic_but_go_up) {
  CompactedStory story;
  story.ask(3);
  Fetched fetched{.read = story.reads,
                  .where = story.where,
                  .from = Offset(3),
                  .high_watermark = Offset(60),
                  .log_start = Offset(0),
                  .records = {{.offset = Offset(7), .id = RecordId{1, 7}},
                              {.offset = Offset(9), .id = RecordId{1, 9}}}};
  story.add(fetched);
  EXPECT_EQ(story.complaints(), Complaints{});
  std::swap(fetched.records[0], fetched.records[1]);
  fetched.read = story.ask(3).reads;
  story.add(fetched);
  EXPECT_EQ(story.complaints(), Complaints{"offsets-are-dense"});
}

}  // namespace
}  // namespace moldau::sim
