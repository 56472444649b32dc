#include "storage/open_files.h"

#include <gtest/gtest.h>

#include "storage/test_log.h"

namespace moldau::storage {
namespace {

/// Many logs, and few files that may stay open.
class OpenFilesOfLogs : public testing::LogTest {
 protected:
  static constexpr std::size_t files_max = 6;
  static constexpr int logs_count = 20;

  void SetUp() override {
    config_.segment_bytes = 500;
    config_.index_interval_bytes = 1;
    ASSERT_TRUE(open_dir({.path = {}, .open_files = limit_}));
    std::vector<KnownLog> fresh;
    fresh.reserve(logs_count);
    for (int i = 0; i < logs_count; ++i) {
      fresh.push_back({{"t", PartitionId(i)}, Uuid::of(1, 2), config()});
    }
    auto created = on_pool([&] { return dir_->create(fresh); });
    ASSERT_TRUE(created) << created.error().to_string();
    logs_ = std::move(*created);
  }
  void TearDown() override { logs_.clear(); }

  void append_to(const std::shared_ptr<Log>& log, int count) {
    use(log);
    for (int i = 0; i < count; ++i) append_durably();
  }
  /// Nothing is in use: the bound holds to the file.
  void expect_bounded() {
    settle();
    EXPECT_LE(limit_->count(), files_max);
    EXPECT_GT(limit_->count(), 0u);
  }

  std::shared_ptr<OpenFiles> limit_ = std::make_shared<OpenFiles>(files_max);
  std::vector<std::shared_ptr<Log>> logs_;
};

TEST_F(OpenFilesOfLogs, logs_that_are_written_in_turn_keep_few_files_open) {
  for (int round = 0; round < 3; ++round) {
    for (const auto& log : logs_) {
      append_to(log, 1);
      EXPECT_LE(limit_->count(), files_max + 1) << "one more, until it is flushed";
    }
  }
  expect_bounded();
  EXPECT_GT(limit_->evictions(), 2u * logs_count);
  for (const auto& log : logs_) {
    log_ = log;
    expect_contiguous();
    EXPECT_EQ(log->positions().written_end, Offset(3));
  }
  expect_bounded();
}

TEST_F(OpenFilesOfLogs, sealed_segments_and_their_indexes_count) {
  for (int i = 0; i < 3; ++i) append_to(logs_[static_cast<std::size_t>(i)], 30);
  ASSERT_GT(logs_[0]->segment_count(), 4u);
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 3; ++i) {
      log_ = logs_[static_cast<std::size_t>(i)];
      for (std::int64_t at = 0; at < 30; ++at) {
        EXPECT_EQ(batches(Offset(at), Offset(30)).front().first, at);
        EXPECT_LE(limit_->count(), files_max + 1);
      }
    }
  }
  expect_bounded();
}

TEST_F(OpenFilesOfLogs, what_a_reader_has_in_hand_stays_open) {
  append_to(logs_[0], 1);
  const auto plan = logs_[0]->read({.from = Offset(0),
                                    .limit = Offset(1),
                                    .max_bytes = 1 << 20,
                                    .minimum = ReadMinimum::first_batch_at_least,
                                    .mode = ReadMode::blocking});
  ASSERT_TRUE(plan);
  for (const auto& log : logs_) append_to(log, 1);
  std::vector<std::uint8_t> bytes(plan->length);
  EXPECT_EQ(plan->file->pread(bytes, plan->position), plan->length);
  EXPECT_LE(limit_->count(), files_max + 1);
}

TEST_F(OpenFilesOfLogs, what_is_gone_is_not_counted) {
  for (const auto& log : logs_) append_to(log, 1);
  expect_bounded();
  for (auto& log : logs_) {
    EXPECT_TRUE(await(dir_->remove(std::exchange(log, nullptr), worker())));
  }
  log_.reset();
  settle();
  EXPECT_EQ(limit_->count(), 0u);
}

TEST_F(OpenFilesOfLogs, segments_that_are_gone_are_forgotten_where_nothing_has_to_be_closed) {
  limit_ = std::make_shared<OpenFiles>(OpenFiles::unlimited);
  logs_.clear();
  log_.reset();
  crash(env::CrashKind::kill);
  ASSERT_TRUE(open_dir({.path = {}, .open_files = limit_}));
  const KnownLog fresh{{"u", PartitionId(0)}, Uuid::of(3, 4), config()};
  auto created = on_pool([&] { return dir_->create(std::span(&fresh, 1)); });
  ASSERT_TRUE(created) << created.error().to_string();
  use(created->front());
  int removed = 0;
  while (removed < 500) {
    append_durably({.value_size = 400});
    log_->advance_log_start(log_->positions().written_end - 1);
    removed += on_pool([&] { return log_->apply_retention(env_->clock().wall()); }).value();
  }
  EXPECT_LE(limit_->listed(), 130u);
}

}  // namespace
}  // namespace moldau::storage
