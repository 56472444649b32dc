// Room that a log asks its file system for ahead of its appends (Segment::make_room).

#include <set>

#include "storage/test_log.h"

namespace moldau::storage {
namespace {

using testing::DiskCall;

class RoomAhead : public testing::LogTest {
 protected:
  RoomAhead() { config_.segment_ms = 60'000; }
  /// Counts what is done with segments that have asked for room.
  void count() {
    on_call = [this](DiskCall call, const std::string& path) -> std::optional<Error> {
      if (call == DiskCall::truncate && segments_.contains(path)) ++given_back_;
      if (call != DiskCall::reserve_ahead) return std::nullopt;
      segments_.insert(path);
      ++asked_;
      return refused_ ? std::optional(Error{Errc::no_space, path}) : std::nullopt;
    };
  }
  void append_kib(int kib) {
    for (int i = 0; i < kib; i += 100) {
      append_durably({.value_size = 100 << 10, .timestamp = timestamp_});
    }
  }
  /// By the timestamp of the next batch.
  void roll_next() { timestamp_ += 61'000; }

  std::set<std::string> segments_;
  std::int64_t timestamp_{1'000};
  int asked_{0};
  int given_back_{0};
  bool refused_{false};
};

TEST_F(RoomAhead, small_logs_have_none) {
  start_log();
  count();
  append_kib(200);
  roll_next();
  append_kib(100);
  EXPECT_EQ(log_->segment_count(), 2);
  ASSERT_TRUE(close());
  EXPECT_EQ(asked_, 0);
}

TEST_F(RoomAhead, small_segments_have_none) {
  config_.segment_bytes = (64 << 20) - 1;
  start_log();
  count();
  append_kib(1'000);
  EXPECT_EQ(asked_, 0);
}

TEST_F(RoomAhead, ends_with_the_segment) {
  config_.segment_bytes = 64 << 20;
  start_log();
  count();
  const testing::BatchSpec batch{.value_size = 65'464};
  ASSERT_EQ(make_batch(batch).size(), 64U << 10);
  for (int i = 0; i < 1'024; ++i) append_durably(batch);
  EXPECT_EQ(log_->segment_count(), 1);
  append_durably(batch);
  EXPECT_EQ(log_->segment_count(), 2);
  EXPECT_GT(asked_, 16);
  EXPECT_EQ(given_back_, 0);
}

TEST_F(RoomAhead, grows_with_the_log) {
  start_log();
  count();
  append_kib(300);
  EXPECT_EQ(asked_, 1);
  append_kib(300);
  EXPECT_EQ(asked_, 1) << "as much again";
  append_kib(100);
  EXPECT_EQ(asked_, 2);
  append_kib(20 << 10);
  EXPECT_GT(asked_, 6) << "at most 4 MiB at once";
  EXPECT_LT(asked_, 12);
  expect_contiguous();
}

TEST_F(RoomAhead, what_is_left_goes_back_at_a_roll_and_at_a_clean_stop) {
  start_log();
  count();
  append_kib(300);
  EXPECT_EQ(asked_, 1);
  roll_next();
  append_kib(200);
  EXPECT_EQ(log_->segment_count(), 2);
  EXPECT_EQ(given_back_, 1);
  EXPECT_EQ(asked_, 1) << "the next segment begins again";
  append_kib(100);
  EXPECT_EQ(asked_, 2);
  ASSERT_TRUE(close());
  EXPECT_EQ(given_back_, 2);
  shut_down();
  boot();
  restart();
  EXPECT_EQ(log_->positions().limit, Offset(6));
}

TEST_F(RoomAhead, what_a_crash_has_left_goes_back_at_the_next_roll) {
  start_log();
  count();
  append_kib(300);
  crash(env::CrashKind::power_cut);
  restart();
  count();
  EXPECT_EQ(given_back_, 0);
  roll_next();
  append_kib(100);
  EXPECT_EQ(log_->segment_count(), 2);
  EXPECT_EQ(given_back_, 1);
  EXPECT_EQ(log_->positions().limit, Offset(4));
}

TEST_F(RoomAhead, giving_it_back_makes_nothing_young) {
  config_.retention_ms = 60'000;
  timestamp_ = records::no_timestamp;
  start_log();
  count();
  append_kib(300);
  run_for(61'000);
  append_kib(100);
  EXPECT_EQ(given_back_, 1);
  ASSERT_EQ(log_->segment_count(), 2);
  const auto removed = on_pool([&] { return log_->apply_retention(env_->clock().wall()); });
  EXPECT_EQ(removed.value(), 1);
}

TEST_F(RoomAhead, whoever_gets_none_appends_all_the_same) {
  start_log();
  refused_ = true;
  count();
  append_kib(1'000);
  EXPECT_GT(asked_, 0);
  expect_contiguous();
  ASSERT_TRUE(close());
  EXPECT_EQ(given_back_, 0);
}

TEST_F(RoomAhead, a_disk_that_is_nearly_full_has_none_to_spare) {
  start_log();
  count();
  auto& disk = world_.node(0).disk();
  disk.set_capacity(disk.used_bytes() + (4 << 20));
  dir_->housekeeping();
  settle();
  append_kib(1'000);
  EXPECT_EQ(asked_, 0);
  disk.set_capacity(std::uint64_t{1} << 40);
  dir_->housekeeping();
  settle();
  append_kib(100);
  EXPECT_EQ(asked_, 1);
}

}  // namespace
}  // namespace moldau::storage
