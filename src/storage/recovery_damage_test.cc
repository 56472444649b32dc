#include "storage/test_log.h"

namespace moldau::storage {
namespace {

using env::CrashKind;
using testing::BatchSpec;
using testing::LogTest;

/// What a start does with files that are cut, flipped, empty or missing.
class RecoveryOfDamage : public LogTest {
 protected:
  static constexpr std::string_view first_log = "00000000000000000000.log";
};

TEST_F(RecoveryOfDamage, torn_tail_above_the_recovery_point_is_cut_and_reported) {
  start_log();
  for (int i = 0; i < 5; ++i) append_durably();
  const auto size = file_size(path(first_log));
  const auto batch = testing::make_batch({});
  overwrite(path(first_log), size, batch.bytes().first(batch.size() - 3));
  crash(CrashKind::kill);
  const auto report = restart();
  EXPECT_EQ(report.torn_bytes_cut, batch.size() - 3);
  EXPECT_EQ(log_->positions().written_end, Offset(5));
  EXPECT_EQ(file_size(path(first_log)), size);
}

TEST_F(RecoveryOfDamage, zeros_behind_the_last_batch_are_a_torn_tail) {
  start_log();
  append_durably();
  const std::vector<std::uint8_t> zeros(5000);
  overwrite(path(first_log), file_size(path(first_log)), zeros);
  crash(CrashKind::kill);
  EXPECT_EQ(restart().torn_bytes_cut, 5000U);
  EXPECT_EQ(append_durably().base_offset, Offset(1));
}

TEST_F(RecoveryOfDamage, flipped_bit_above_the_recovery_point_cuts_from_there) {
  start_log();
  for (int i = 0; i < 5; ++i) append_durably();
  dir_->housekeeping();  // point 5
  for (int i = 0; i < 5; ++i) append_durably();
  const auto size = file_size(path(first_log));
  ASSERT_TRUE(node_.disk().flip_bit(path(first_log), size / 10 * 7 + 70, 3));
  crash(CrashKind::kill);
  const auto report = restart();
  EXPECT_TRUE(report.quarantined.empty());
  EXPECT_EQ(log_->positions().written_end, Offset(7));
  EXPECT_EQ(report.torn_bytes_cut, size / 10 * 3);
}

TEST_F(RecoveryOfDamage, flipped_bit_below_the_recovery_point_quarantines_and_cuts_nothing) {
  start_log();
  for (int i = 0; i < 10; ++i) append_durably();
  dir_->housekeeping();
  const auto size = file_size(path(first_log));
  ASSERT_TRUE(node_.disk().flip_bit(path(first_log), size / 10 * 7 + 70, 3));
  crash(CrashKind::kill);
  ASSERT_TRUE(open_dir());
  const auto report = load();
  ASSERT_TRUE(report);
  ASSERT_EQ(report->quarantined.size(), 1U);
  EXPECT_EQ(report->quarantined.front().error.code, Errc::corrupt);
  EXPECT_TRUE(report->logs.empty());
  EXPECT_EQ(file_size(path(first_log)), size);
  EXPECT_FALSE(dir_->is_offline());
  // Nor does the checkpoint forget what was promised, so that the next start judges alike.
  dir_->housekeeping();
  crash(CrashKind::kill);
  ASSERT_TRUE(open_dir());
  EXPECT_EQ(load()->quarantined.size(), 1U);
}

TEST_F(RecoveryOfDamage, flipped_bit_in_an_index_hides_no_record) {
  config_.segment_bytes = 3000;
  config_.index_interval_bytes = 200;
  start_log();
  constexpr std::int64_t count = 40;
  for (std::int64_t i = 0; i < count; ++i) append_durably({.value_size = 100, .timestamp = i * 10});
  ASSERT_TRUE(close());
  crash(CrashKind::kill);
  restart();
  const auto in_first = (*log_->priv().segment_list())[1]->base_offset().value();
  for (const auto suffix : {index_suffix, time_index_suffix}) {
    const auto file = path(segment_file_name(Offset(0), suffix));
    const auto size = file_size(file);
    ASSERT_GT(size, 0U) << file;
    for (std::uint64_t at = 0; at < size; ++at) {
      for (const unsigned bit : {0U, 3U, 7U}) {
        ASSERT_TRUE(node_.disk().flip_bit(file, at, bit));
        for (std::int64_t i = 0; i < in_first; ++i) {
          const auto found = batches(Offset(i), Offset(count));
          ASSERT_FALSE(found.empty()) << file << " " << at << " " << bit << " offset " << i;
          ASSERT_EQ(found.front().first, i) << file << " " << at << " " << bit;
        }
        ASSERT_TRUE(node_.disk().flip_bit(file, at, bit));
      }
    }
  }
}

TEST_F(RecoveryOfDamage, stop_with_a_quarantined_partition_is_not_clean_so_it_stays_set_aside) {
  start_log();
  for (int i = 0; i < 10; ++i) append_durably();
  dir_->housekeeping();
  const auto size = file_size(path(first_log));
  ASSERT_TRUE(node_.disk().flip_bit(path(first_log), size / 10 * 7 + 70, 3));
  crash(CrashKind::kill);
  for (int life = 0; life < 3; ++life) {
    ASSERT_TRUE(open_dir());
    EXPECT_FALSE(dir_->clean_shutdown_epoch()) << life;
    ASSERT_EQ(load()->quarantined.size(), 1U) << life;
    ASSERT_TRUE(close());
    crash(CrashKind::kill);
  }
  EXPECT_EQ(file_size(path(first_log)), size);
}

TEST_F(RecoveryOfDamage, file_that_ends_below_the_recovery_point_is_damage) {
  start_log();
  for (int i = 0; i < 10; ++i) append_durably();
  dir_->housekeeping();
  const auto size = file_size(path(first_log));
  ASSERT_TRUE(env_->disk().open(path(first_log), env::OpenMode::write).value()->truncate(size / 2));
  crash(CrashKind::kill);
  ASSERT_TRUE(open_dir());
  EXPECT_EQ(load()->quarantined.size(), 1U);
  EXPECT_EQ(file_size(path(first_log)), size / 2);
}

TEST_F(RecoveryOfDamage, empty_older_segment_is_damage_unless_compaction_left_nothing_of_it) {
  config_.segment_bytes = 300;
  start_log();
  for (int i = 0; i < 10; ++i) append_durably({.value_size = 100, .timestamp = 1000 + i});
  ASSERT_GT(log_->priv().segment_list()->size(), 2U);
  ASSERT_TRUE(close());
  crash(CrashKind::kill);
  const auto cut_to_nothing = [this](const std::string& file) {
    ASSERT_TRUE(env_->disk().open(file, env::OpenMode::write).value()->truncate(0));
  };
  cut_to_nothing(path(first_log));
  ASSERT_TRUE(open_dir());
  EXPECT_EQ(load()->quarantined.size(), 1U);
  ASSERT_TRUE(close());
  crash(CrashKind::kill);
  // As Apache's cleaner leaves a segment of which no record is the newest of its key.
  cut_to_nothing(path(segment_file_name(Offset(0), index_suffix)));
  cut_to_nothing(path(segment_file_name(Offset(0), time_index_suffix)));
  ASSERT_TRUE(open_dir());
  EXPECT_TRUE(load()->quarantined.empty());
}

TEST_F(RecoveryOfDamage, bad_tail_after_a_clean_stop_is_damage) {
  start_log();
  for (int i = 0; i < 3; ++i) append_durably();
  ASSERT_TRUE(close());
  const std::vector<std::uint8_t> garbage(30, 0xee);
  overwrite(path(first_log), file_size(path(first_log)), garbage);
  crash(CrashKind::kill);
  ASSERT_TRUE(open_dir());
  EXPECT_EQ(load()->quarantined.size(), 1U);
}

TEST_F(RecoveryOfDamage, indexes_with_a_tail_of_zeros_are_read_as_if_they_had_none) {
  config_.index_interval_bytes = 100;
  start_log();
  for (int i = 0; i < 20; ++i) append_durably({.value_size = 60, .timestamp = 1000 + i});
  ASSERT_TRUE(close());
  // As Apache preallocates the ones of its active segment.
  const std::vector<std::uint8_t> zeros(8 * 12 * 100);
  for (const auto* file : {"00000000000000000000.index", "00000000000000000000.timeindex"}) {
    overwrite(path(file), file_size(path(file)), zeros);
  }
  crash(CrashKind::kill);
  EXPECT_TRUE(restart().quarantined.empty());
  expect_contiguous();
  EXPECT_EQ(log_->find_timestamp(1013).value()->offset, Offset(13));
  EXPECT_EQ(append_durably().base_offset, Offset(20));
}

TEST_F(RecoveryOfDamage, missing_and_damaged_indexes_are_made_again) {
  config_.segment_bytes = 1000;
  config_.index_interval_bytes = 100;
  start_log();
  for (int i = 0; i < 30; ++i) append_durably({.value_size = 60, .timestamp = 1000 + i});
  ASSERT_GE(log_->segment_count(), 3);
  const auto active = log_->priv().segment_list()->back()->path(".index");
  ASSERT_TRUE(close());
  ASSERT_TRUE(env_->disk().remove_file(path("00000000000000000000.index")));
  const std::vector<std::uint8_t> garbage(16, 0x99);
  overwrite(active, 0, garbage);
  crash(CrashKind::kill);
  EXPECT_TRUE(restart().quarantined.empty());
  EXPECT_TRUE(has_file("00000000000000000000.index"));
  expect_contiguous();
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(log_->find_timestamp(1000 + i).value()->offset, Offset(i));
  }
}

TEST_F(RecoveryOfDamage, torn_partition_metadata_is_an_interrupted_creation_beside_no_data_only) {
  for (const bool with_data : {false, true}) {
    start_log();
    if (with_data) append_durably();
    crash(CrashKind::power_cut);
    overwrite(path("partition.metadata"), 0, std::vector<std::uint8_t>(20, 0));
    ASSERT_TRUE(open_dir());
    const auto report = await(dir_->load(worker(), [this](const TopicPartition& found) {
      return KnownLog{.name = found, .topic_id = Uuid::of(3, 4), .config = config()};
    }));
    ASSERT_TRUE(report);
    EXPECT_EQ(report->quarantined.size(), with_data ? 1U : 0U);
    if (with_data) break;
    EXPECT_EQ(report->logs.at(0)->topic_id(), Uuid::of(3, 4));
    // As after a crash that the metadata log does not explain: the file itself says it now.
    crash(CrashKind::power_cut);
    restart();
    EXPECT_EQ(log_->topic_id(), Uuid::of(3, 4));
    ASSERT_TRUE(await(dir_->remove(log_, worker())));
    crash(CrashKind::kill);
  }
}

TEST_F(RecoveryOfDamage, damaged_snapshot_is_replaced_by_older_ones_and_batches) {
  config_.segment_bytes = 600;
  start_log();
  BatchSpec spec{
      .value_size = 30, .producer_id = ProducerId(3), .producer_epoch = ProducerEpoch(0)};
  for (spec.base_sequence = 0; spec.base_sequence < 10; ++spec.base_sequence) append_durably(spec);
  ASSERT_TRUE(close());
  const auto snapshot = path("00000000000000000010.snapshot");
  ASSERT_TRUE(node_.disk().flip_bit(snapshot, 12, 1));
  crash(CrashKind::kill);
  restart();
  spec.base_sequence = 9;
  EXPECT_EQ(append(spec).answer.status, AppendStatus::duplicate);
}

}  // namespace
}  // namespace moldau::storage
