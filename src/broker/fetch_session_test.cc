#include "broker/fetch_session.h"

#include <gtest/gtest.h>

#include <limits>

namespace moldau::broker {
namespace {

using protocol::ErrorCode;

FetchTarget target(int partition, std::int64_t offset = 0) {
  return {.key = {.topic_id = {}, .topic = "t", .partition = PartitionId(partition)},
          .fetch_offset = Offset(offset)};
}

std::vector<int> order_of(const FetchSession& session) {
  std::vector<int> result;
  for (const auto& t : session.targets()) result.push_back(t.key.partition.value());
  return result;
}

class FetchSessionTest : public testing::Test {
 protected:
  MonoTime now{std::chrono::hours(1)};
  FetchSessionCache cache{2, Prng(1)};
  std::shared_ptr<FetchSession> open(std::vector<FetchTarget> targets) {
    return cache.create(FetchSession::Naming::by_name, std::move(targets), now);
  }
};

TEST_F(FetchSessionTest, epochs_count_up_and_wrap_to_one) {
  const auto session = open({target(0)});
  EXPECT_EQ(session->take(0, FetchSession::Naming::by_name, now),
            ErrorCode::invalid_fetch_session_epoch);
  EXPECT_EQ(session->take(1, FetchSession::Naming::by_name, now), ErrorCode::none);
  EXPECT_EQ(session->take(1, FetchSession::Naming::by_name, now),
            ErrorCode::invalid_fetch_session_epoch);
  EXPECT_EQ(session->take(2, FetchSession::Naming::by_name, now), ErrorCode::none);
}

TEST_F(FetchSessionTest, another_naming_is_refused_and_takes_no_epoch) {
  const auto session = open({target(0)});
  EXPECT_EQ(session->take(7, FetchSession::Naming::by_id, now),
            ErrorCode::invalid_fetch_session_epoch);
  EXPECT_EQ(session->take(1, FetchSession::Naming::by_id, now),
            ErrorCode::fetch_session_topic_id_error);
  EXPECT_EQ(session->take(1, FetchSession::Naming::by_name, now), ErrorCode::none);
}

TEST_F(FetchSessionTest, a_partition_with_records_goes_to_the_back) {
  const auto session = open({target(0), target(1), target(2)});
  EXPECT_TRUE(session->note_answer(target(0), {.has_records = true}));
  EXPECT_EQ(order_of(*session), (std::vector{1, 2, 0}));
}

TEST_F(FetchSessionTest, an_unchanged_partition_is_not_mentioned_again) {
  const auto session = open({target(0)});
  const FetchedState state{.high_watermark = Offset(5), .log_start_offset = Offset(0)};
  EXPECT_TRUE(session->note_answer(target(0), state)) << "new in the session";
  EXPECT_FALSE(session->note_answer(target(0), state));
  EXPECT_TRUE(session->note_answer(target(0),
                                   {.high_watermark = Offset(6), .log_start_offset = Offset(0)}));
}

TEST_F(FetchSessionTest, after_an_error_the_partition_is_mentioned_once_more) {
  const auto session = open({target(0)});
  const FetchedState good{.high_watermark = Offset(5), .log_start_offset = Offset(0)};
  EXPECT_TRUE(session->note_answer(target(0), good));
  FetchedState bad = good;
  bad.has_error = true;
  EXPECT_TRUE(session->note_answer(target(0), bad));
  EXPECT_TRUE(session->note_answer(target(0), good));
  EXPECT_FALSE(session->note_answer(target(0), good));
}

TEST_F(FetchSessionTest, update_adds_changes_and_forgets) {
  const auto session = open({target(0), target(1)});
  session->update({target(1, 7), target(2)}, {target(0).key});
  EXPECT_EQ(order_of(*session), (std::vector{1, 2}));
  EXPECT_EQ(session->targets()[0].fetch_offset, Offset(7));
}

TEST_F(FetchSessionTest, an_answer_is_noted_where_its_partition_is_now) {
  const auto session = open({target(0), target(1), target(2)});
  const auto asked = session->targets();
  EXPECT_TRUE(session->note_answer(asked[1], {.has_records = true}));
  EXPECT_EQ(order_of(*session), (std::vector{0, 2, 1}));
  session->update({target(2, 9), target(1, 7)}, {});
  EXPECT_TRUE(session->note_answer(asked[2], {.has_records = true}));
  EXPECT_EQ(order_of(*session), (std::vector{0, 1, 2}));
  EXPECT_EQ(session->targets()[2].fetch_offset, Offset(9)) << "what the client wants stays";
}

TEST_F(FetchSessionTest, a_partition_that_was_forgotten_meanwhile_is_mentioned_and_not_kept) {
  const auto session = open({target(0), target(1)});
  const auto asked = session->targets();
  session->update({}, {target(0).key});
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(session->note_answer(asked[0], {.has_records = true}));
  session->update({target(0)}, {});
  EXPECT_TRUE(session->note_answer(asked[0], {.has_records = true})) << "another one";
  EXPECT_EQ(order_of(*session), (std::vector{1, 0}));
}

TEST_F(FetchSessionTest, a_full_cache_refuses_then_evicts_the_stale_or_the_smaller) {
  const auto first = open({target(0), target(1)});
  const auto second = open({target(0)});
  EXPECT_EQ(open({target(0), target(1), target(2)}), nullptr);
  now += FetchSessionCache::eviction_age + std::chrono::seconds(1);
  EXPECT_EQ(first->take(1, FetchSession::Naming::by_name, now), ErrorCode::none);
  EXPECT_EQ(second->take(1, FetchSession::Naming::by_name, now), ErrorCode::none);
  EXPECT_NE(open({target(0), target(1), target(2)}), nullptr) << "takes the smallest";
  EXPECT_EQ(cache.find(second->id()), nullptr);
  EXPECT_NE(cache.find(first->id()), nullptr);
}

}  // namespace
}  // namespace moldau::broker
