// Compaction where it meets what is seldom: old formats, several logs and directories, checkpoints
// that are lost, producers that are known by their last batch only.
#include "records/legacy.h"
#include "records/test_legacy.h"
#include "storage/cleaning.h"
#include "storage/test_compaction.h"

namespace moldau::storage {
namespace {

using env::CrashKind;
using records::testing::old_message;
using testing::BatchFate;
using testing::CompactedLog;
using testing::DiskCall;

class CompactionEdges : public CompactedLog {
 protected:
  void fill() {
    start_log();
    for (int i = 0; i < 12; ++i) put(fmt::format("k{}", i % 3), std::string(80, 'v'));
    roll();
  }
  /// A log that an old broker wrote: one segment of format 1, and nothing beside it.
  void start_with(const std::vector<std::vector<std::uint8_t>>& messages) {
    start_log();
    ASSERT_TRUE(close());
    std::vector<std::uint8_t> segment;
    for (const auto& message : messages)
      segment.insert(segment.end(), message.begin(), message.end());
    overwrite(path("00000000000000000000.log"), 0, segment);
    ASSERT_TRUE(env_->disk().remove_file(root + "/.kafka_cleanshutdown"));
    crash(CrashKind::kill);
    restart();
    ASSERT_EQ(log_->positions().written_end.value(), static_cast<std::int64_t>(messages.size()));
  }
  /// Of any format, from the files.
  std::vector<std::string> left() {
    std::vector<std::string> found;
    const auto add = [&](Offset offset, const std::optional<Bytes>& key,
                         const std::optional<Bytes>& value) {
      if (as_text(*key) == "filler") return;
      found.push_back(
          fmt::format("{}@{}={}", as_text(*key), offset, value ? as_text(*value) : "null"));
    };
    records::Decompressor decompressor;
    for (const auto& segment : *log_->priv().segment_list()) {
      const auto file = segment->log_file(ReadMode::blocking).value();
      BatchScanner scanner(*file, 0, segment->size(), ReadMode::blocking,
                           BatchScanner::scan_buffer);
      while (const auto position = scanner.next().value()) {
        const auto bytes = scanner.whole().value();
        if (position->header.magic == records::magic_v2) {
          const auto batch = records::BatchView::parse(bytes).value();
          auto reader = records::read_records(batch, decompressor).value();
          records::RecordView record;
          while (reader.next(record)) {
            add(records::offset_of(batch, record), record.key, record.value);
          }
        } else {
          const auto message = records::LegacyMessage::parse(bytes).value();
          EXPECT_TRUE(message.each(decompressor, 1000, [&](const records::LegacyRecord& record) {
            add(record.offset, record.key, record.value);
          }));
        }
      }
    }
    return found;
  }
  std::vector<ProducerSnapshotEntry> producers() {
    env::Lock lock(log_->priv().mutex);
    return log_->priv().producers.snapshot();
  }
};

using Left = std::vector<std::string>;

TEST_F(CompactionEdges, cleaned_segment_is_as_old_as_what_it_was_made_of) {
  fill();
  const auto filled = env_->clock().wall();
  run_for(30'000);
  const auto before = log_->size_bytes();
  ASSERT_TRUE(clean());
  ASSERT_LT(log_->size_bytes(), before);
  const auto file = log_->priv().segment_list()->front()->log_file(ReadMode::blocking).value();
  EXPECT_LE(file->modified().value(), filled);
}

TEST_F(CompactionEdges, an_old_value_does_not_outlive_its_tombstone_in_an_old_format) {
  start_with({old_message(0, 500, "a", "1"), old_message(1, 600, "b", "1"),
              old_message(2, 700, "a", "2"), old_message(3, 800, "b", "2")});
  write({{"a", std::nullopt}});
  roll();
  ASSERT_TRUE(clean());
  EXPECT_EQ(left(), (Left{"b@3=2", "a@4=null"}));
  run_for(1001);
  roll();
  ASSERT_TRUE(clean());
  EXPECT_EQ(left(), (Left{"b@3=2"}));
  crash(CrashKind::power_cut);
  restart();
  EXPECT_EQ(left(), (Left{"b@3=2"}));
}

TEST_F(CompactionEdges, old_messages_are_found_by_time_before_and_after) {
  start_with({old_message(0, 500, "a", "1"), old_message(1, 600, "b", "1"),
              old_message(2, 700, "a", "2")});
  write({{"c", "1"}});
  roll();
  EXPECT_EQ(log_->find_timestamp(600).value()->offset, Offset(1));
  EXPECT_EQ(log_->priv().segment_list()->front()->max_timestamp().value().timestamp, 700)
      << "a record of today is in the next";
  ASSERT_TRUE(clean());
  EXPECT_EQ(log_->find_timestamp(600).value()->offset, Offset(1));
  EXPECT_EQ(log_->find_timestamp(601).value()->offset, Offset(2));
  EXPECT_EQ(log_->find_timestamp(500).value()->offset, Offset(1)) << "0 is gone";
}

TEST_F(CompactionEdges, a_producers_last_sequence_is_told_by_what_stays) {
  start_log();
  write({{"k", "1"}, {"k", "2"}}, 5);
  write({{"k", "3"}}, 5);
  write({{"t", "1"}}, 6, BatchFate::open);
  end_transaction(6, records::TxnResult::commit);
  write({{"k", "4"}, {"t", "2"}});
  roll();
  roll();
  const auto before = producers();
  ASSERT_EQ(before.size(), 2U);
  ASSERT_TRUE(clean());
  run_for(1001);
  roll();
  ASSERT_TRUE(clean()) << "the marker's horizon is over";
  check();
  ASSERT_TRUE(close());
  for (const auto& file : files()) {
    if (file.ends_with(".snapshot")) ASSERT_TRUE(env_->disk().remove_file(path(file)));
  }
  ASSERT_TRUE(env_->disk().remove_file(root + "/.kafka_cleanshutdown"));
  ASSERT_TRUE(env_->disk().remove_file(root + "/recovery-point-offset-checkpoint"));
  crash(CrashKind::kill);
  restart();
  const auto after = producers();
  ASSERT_EQ(after.size(), before.size());
  for (std::size_t i = 0; i < after.size(); ++i) {
    EXPECT_EQ(after[i].producer_id, before[i].producer_id);
    EXPECT_EQ(after[i].epoch, before[i].epoch);
    EXPECT_EQ(after[i].last_batch.last_sequence, before[i].last_batch.last_sequence);
  }
}

TEST_F(CompactionEdges, nothing_is_cleaned_that_a_start_would_read_again) {
  fill();
  EXPECT_FALSE(on_pool([this] { return dir_->clean_one(); })) << "no recovery point is saved";
  dir_->housekeeping();
  EXPECT_TRUE(on_pool([this] { return dir_->clean_one(); }));
}

TEST_F(CompactionEdges, a_page_cache_topic_is_judged_by_what_is_on_the_disk) {
  config_.durability = Durability::page_cache;
  fill();
  write({{"k0", "new"}}, 7, BatchFate::open);
  roll();
  run_for(60'001);  // flushed by time; the marker is not
  dir_->housekeeping();
  end_transaction(7, records::TxnResult::commit);
  const auto marker = log_->positions().written_end;
  ASSERT_LT(log_->positions().durable_end, marker);
  EXPECT_FALSE(on_pool([this] { return dir_->clean_one(); })) << "the marker is not on the disk";
  ASSERT_TRUE(world_.run_until([&] { return log_->positions().durable_end >= marker; }));
  EXPECT_TRUE(on_pool([this] { return dir_->clean_one(); }));
  crash(CrashKind::power_cut);
  restart();
  EXPECT_EQ(log_->positions().written_end, marker);
  check();
}

TEST_F(CompactionEdges, a_log_without_room_does_not_stop_a_smaller_one) {
  auto cleaners = std::make_shared<Cleaners>();
  cleaners->set_config({.backoff_ms = 1000});
  ASSERT_TRUE(open_dir({.cleaners = cleaners}));
  config_.segment_bytes = 100'000;
  const std::vector known{KnownLog{name, Uuid::of(1, 2), config()}};
  use(on_pool([&] { return dir_->create(known); })->front());
  put("large", std::string(50'000, 'l'));
  roll();
  config_.segment_bytes = 700;
  const std::vector other{KnownLog{TopicPartition{"u", PartitionId(0)}, Uuid::of(3, 4), config()}};
  use(on_pool([&] { return dir_->create(other); })->front());
  history_.clear();
  for (int i = 0; i < 12; ++i) put("k", std::string(80, 'v'));
  roll();
  dir_->housekeeping();
  node_.disk().set_capacity(node_.disk().used_bytes() + 5'000);
  const auto before = log_->size_bytes();
  env::Scope scope(worker());
  scope.spawn(dir_->run_cleaner(worker()));
  run_for(10'000);
  EXPECT_GT(stats().cleaner_failures, 1U) << "the first is tried again and again";
  EXPECT_EQ(stats().cleanings, 1U);
  EXPECT_EQ(stats().uncleanable_logs, 0U) << "it is not damaged";
  EXPECT_LT(log_->size_bytes(), before);
  bool stopped = false;
  scope.stop_then([&] { stopped = true; });
  EXPECT_TRUE(world_.run_until([&] { return stopped; }));
}

TEST_F(CompactionEdges, a_damaged_checkpoint_means_that_all_is_dirty) {
  fill();
  ASSERT_TRUE(clean());
  ASSERT_TRUE(close());
  const std::string garbage = "no checkpoint";
  overwrite(root + "/cleaner-offset-checkpoint", 0, as_bytes(garbage));
  crash(CrashKind::kill);
  restart();
  EXPECT_TRUE(clean());
  check();
  EXPECT_TRUE(clean_offsets().contains(name)) << "and it is written anew";
}

TEST_F(CompactionEdges, starting_over_makes_all_dirty) {
  fill();
  ASSERT_TRUE(clean());
  ASSERT_NE(clean_offsets(), (OffsetCheckpoint{{name, Offset(0)}}));
  ASSERT_TRUE(await(log_->truncate_fully_and_start_at(Offset(3), worker())));
  EXPECT_EQ(clean_offsets(), (OffsetCheckpoint{{name, Offset(0)}}));
}

TEST_F(CompactionEdges, a_cut_right_after_the_choice_ends_the_cleaning) {
  fill();
  dir_->housekeeping();
  const auto generation = log_->priv().current_generation();
  CleanableRange range{.first_dirty = Offset(0),
                       .end = log_->priv().segment_list()->back()->base_offset()};
  ASSERT_TRUE(await(log_->truncate_to(Offset(4), worker())));
  std::erase_if(history_, [](const auto& batch) { return batch.last >= 4; });
  for (int i = 0; i < 12; ++i) put("k0", std::string(80, 'n'));
  roll();
  Cleaning cleaning({.log = log_,
                     .range = range,
                     .generation = generation,
                     .on_disk_first = Offset(0),
                     .newest = OffsetMap(100, 0.9, {1, 2}),
                     .step_bytes = 4096,
                     .now = env_->clock().wall()});
  EXPECT_EQ(on_pool([&] { return cleaning.step(); }).value(), Cleaning::Progress::ended);
}

TEST_F(CompactionEdges, what_can_not_be_tidied_up_takes_the_directory_offline) {
  fill();
  dir_->housekeeping();
  bool full = false;
  on_call = [&](DiskCall call, const std::string& file) -> std::optional<Error> {
    if (call == DiskCall::write && file.ends_with(".index.cleaned")) {
      full = true;
      return Error{.code = Errc::no_space, .context = "planned"};
    }
    if (full && call == DiskCall::names && file.ends_with(".cleaned")) {
      return Error{.code = Errc::io, .context = "planned"};
    }
    return std::nullopt;
  };
  EXPECT_FALSE(on_pool([this] { return dir_->clean_one(); }));
  EXPECT_TRUE(full);
  EXPECT_TRUE(dir_->is_offline()) << "a later swap would be dropped at a start";
  on_call = nullptr;
}

}  // namespace
}  // namespace moldau::storage
