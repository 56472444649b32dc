#include "storage/scrubber.h"

#include "storage/test_compaction.h"

namespace moldau::storage {
namespace {

using env::CrashKind;
using testing::CompactedLog;
using testing::DiskCall;

const std::string first_log = "00000000000000000000.log";

class Scrubbing : public CompactedLog {
 protected:
  void fill() {
    start_log();
    for (int i = 0; i < 24; ++i) put(fmt::format("k{}", i % 3), std::string(80, 'v'));
    roll();
    dir_->housekeeping();
  }
  void scrub() {
    on_pool([this] {
      dir_->scrub_all();
      return true;
    });
  }
  void flip(std::uint64_t position) {
    ASSERT_TRUE(node_.disk().flip_bit(path(first_log), position, 3));
  }
  std::uint64_t sealed_bytes() {
    return log_->size_bytes() - log_->priv().segment_list()->back()->size();
  }
  OffsetCheckpoint damage() { return read_checkpoint(damage_file); }
};

TEST_F(Scrubbing, reads_all_sealed_segments_and_finds_nothing) {
  fill();
  scrub();
  EXPECT_EQ(stats().scrubbed_bytes, sealed_bytes());
  EXPECT_EQ(stats().scrub_passes, 1U);
  EXPECT_EQ(stats().scrub_damage, 0U);
  ASSERT_TRUE(clean());
  scrub();
  EXPECT_EQ(stats().scrub_damage, 0U);
  EXPECT_FALSE(log_->is_offline());
}

TEST_F(Scrubbing, quarantines_a_partition_that_is_damaged_and_no_other) {
  fill();
  const auto damaged = log_;
  const auto listener = listener_;
  const KnownLog other{TopicPartition{"u", PartitionId(0)}, Uuid::of(3, 4), config()};
  use(on_pool([&] { return dir_->create(std::span(&other, 1)); })->front());
  history_.clear();
  for (int i = 0; i < 12; ++i) put("k", std::string(80, 'v'));
  flip(100);
  scrub();
  EXPECT_TRUE(damaged->is_offline());
  EXPECT_EQ(listener->offline, 1);
  EXPECT_FALSE(log_->is_offline());
  EXPECT_EQ(stats().scrub_damage, 1U);
  EXPECT_EQ(stats().quarantined_logs, 1U);
  EXPECT_FALSE(dir_->is_offline());
  EXPECT_EQ(damage(), (OffsetCheckpoint{{name, Offset(0)}}));
  put("still", "writes");
  roll();
  dir_->housekeeping();
  EXPECT_TRUE(clean()) << "the dirtiest log is out of service, the others go on";
  scrub();
  EXPECT_EQ(stats().scrub_damage, 1U) << "once";
}

TEST_F(Scrubbing, an_append_to_a_quarantined_partition_is_refused) {
  fill();
  flip(100);
  scrub();
  EXPECT_EQ(append().answer.status, AppendStatus::storage_error);
}

TEST_F(Scrubbing, the_next_start_does_not_serve_it_before_it_is_mended) {
  for (const bool clean_stop : {true, false}) {
    if (log_ == nullptr) fill();
    flip(100);
    scrub();
    ASSERT_TRUE(log_->is_offline());
    if (clean_stop) {
      EXPECT_TRUE(close());
      shut_down();
      boot();
    } else {
      crash(CrashKind::kill);
    }
    ASSERT_TRUE(open_dir());
    auto report = load();
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->logs.empty());
    ASSERT_EQ(report->quarantined.size(), 1U);
    EXPECT_NE(report->quarantined[0].error.to_string().find("found by scrubbing"),
              std::string::npos);
    shut_down();
    boot();
    flip(100);  // as it was
    restart();
    EXPECT_EQ(damage(), OffsetCheckpoint());
    check();
  }
}

TEST_F(Scrubbing, the_directory_still_closes_what_is_well) {
  fill();
  const KnownLog other{TopicPartition{"u", PartitionId(0)}, Uuid::of(3, 4), config()};
  use(on_pool([&] { return dir_->create(std::span(&other, 1)); })->front());
  history_.clear();
  put("k", "v");
  flip(100);
  scrub();
  EXPECT_TRUE(close());
  shut_down();
  boot();
  ASSERT_TRUE(open_dir());
  EXPECT_FALSE(dir_->clean_shutdown_epoch()) << "the next start trusts nothing";
  const auto report = load();
  ASSERT_TRUE(report);
  ASSERT_EQ(report->logs.size(), 1U);
  EXPECT_EQ(report->logs[0]->positions().written_end, Offset(1));
}

TEST_F(Scrubbing, a_deleted_topic_takes_its_damage_with_it) {
  fill();
  flip(100);
  scrub();
  ASSERT_TRUE(await(dir_->remove(log_, worker())));
  log_.reset();
  EXPECT_EQ(stats().quarantined_logs, 0U);
  const KnownLog again{name, Uuid::of(5, 6), config()};
  ASSERT_TRUE(on_pool([&] { return dir_->create(std::span(&again, 1)); }));
  EXPECT_EQ(damage(), OffsetCheckpoint());
}

TEST_F(Scrubbing, bytes_that_are_good_the_second_time_are_no_damage) {
  fill();
  flip(100);
  int reads = 0;
  on_call = [&](DiskCall call, const std::string& file) -> std::optional<Error> {
    // Opened again: it is looked at a second time.
    if (call == DiskCall::names && file.ends_with(first_log) && ++reads == 2) flip(100);
    return std::nullopt;
  };
  scrub();
  on_call = nullptr;
  EXPECT_EQ(reads, 2);
  EXPECT_FALSE(log_->is_offline());
  EXPECT_EQ(stats().scrub_damage, 0U);
  EXPECT_EQ(stats().scrubbed_bytes, sealed_bytes()) << "and it goes on from there";
}

TEST_F(Scrubbing, a_segment_that_is_missing_is_damage) {
  fill();
  ASSERT_TRUE(env_->disk().remove_file(path(first_log)));
  scrub();
  EXPECT_TRUE(log_->is_offline());
  crash(CrashKind::kill);
  ASSERT_TRUE(open_dir());
  EXPECT_EQ(load()->quarantined.size(), 1U) << "it is still missing";
}

TEST_F(Scrubbing, a_segment_that_is_short_or_can_not_be_read_stays_out_of_service_alone) {
  fill();
  flip(100);
  scrub();
  ASSERT_EQ(damage(), (OffsetCheckpoint{{name, Offset(0)}}));
  crash(CrashKind::kill);
  {
    const auto file = env_->disk().open(path(first_log), env::OpenMode::write).value();
    ASSERT_TRUE(file->truncate(0));
  }
  ASSERT_TRUE(open_dir());
  EXPECT_EQ(load()->quarantined.size(), 1U) << "what was there is not there again";
  crash(CrashKind::kill);
  ASSERT_TRUE(open_dir());
  on_call = [&](DiskCall call, const std::string& file) -> std::optional<Error> {
    if (call != DiskCall::read || !file.ends_with(first_log)) return std::nullopt;
    return Error{.code = Errc::io, .context = "planned"};
  };
  const auto report = load();
  on_call = nullptr;
  ASSERT_TRUE(report) << "the directory stays";
  EXPECT_EQ(report->quarantined.size(), 1U);
}

TEST_F(Scrubbing, a_segment_that_can_not_be_opened_is_told_and_not_quarantined) {
  fill();
  on_call = [&](DiskCall call, const std::string& file) -> std::optional<Error> {
    if (call != DiskCall::names || !file.ends_with(first_log)) return std::nullopt;
    return Error{.code = Errc::no_space, .context = "EMFILE"};
  };
  scrub();
  on_call = nullptr;
  EXPECT_FALSE(log_->is_offline());
  EXPECT_EQ(stats().scrub_failures, 1U);
  EXPECT_EQ(stats().scrub_damage, 0U);
}

/// What takes the segment away runs when its file is opened, so that it is not there any more.
TEST_F(Scrubbing, segments_that_compaction_replaces_meanwhile_are_no_damage) {
  fill();
  during_next(DiskCall::names, [this] {
    EXPECT_TRUE(dir_->clean_one());
    return std::optional<Error>();
  });
  scrub();
  EXPECT_EQ(stats().cleanings, 1U);
  EXPECT_EQ(stats().scrub_damage, 0U);
  EXPECT_FALSE(log_->is_offline());
  check();
}

TEST_F(Scrubbing, segments_that_retention_removes_meanwhile_are_no_damage) {
  fill();
  during_next(DiskCall::names, [this] {
    EXPECT_TRUE(log_->delete_below(log_->priv().segment_list()->back()->base_offset()));
    EXPECT_EQ(log_->segment_count(), 1);
    return std::optional<Error>();
  });
  scrub();
  EXPECT_EQ(stats().scrub_damage, 0U);
  EXPECT_FALSE(log_->is_offline());
}

TEST_F(Scrubbing, what_was_cut_meanwhile_is_not_judged) {
  fill();
  during_next(DiskCall::names, [this] {
    flip(100);
    env::Lock lock(log_->priv().mutex);
    ++log_->priv().generation;
    return std::optional<Error>();
  });
  scrub();
  EXPECT_EQ(stats().scrub_damage, 0U);
  EXPECT_FALSE(log_->is_offline());
}

TEST_F(Scrubbing, waits_for_who_has_the_files_before_it_judges) {
  fill();
  flip(100);
  ASSERT_TRUE(log_->priv().begin_maintenance());
  scrub();
  EXPECT_FALSE(log_->is_offline());
  log_->priv().end_maintenance();
  scrub();
  EXPECT_TRUE(log_->is_offline());
}

TEST_F(Scrubbing, keeps_to_its_rate_and_to_one_pass_a_day) {
  ASSERT_TRUE(open_dir({.path = {}, .scrub_bytes_per_second = 500}));
  const KnownLog fresh{name, Uuid::of(1, 2), config()};
  use(on_pool([&] { return dir_->create(std::span(&fresh, 1)); })->front());
  for (int i = 0; i < 24; ++i) put(fmt::format("k{}", i % 3), std::string(80, 'v'));
  env::Scope scope(worker());
  scope.spawn(dir_->run_scrubber(worker()));
  run_for(59'000);
  EXPECT_EQ(stats().scrubbed_bytes, 0U);
  run_for(2'000);
  EXPECT_GT(stats().scrubbed_bytes, 0U);
  EXPECT_LT(stats().scrubbed_bytes, 2'000U);
  run_for(60'000);
  EXPECT_EQ(stats().scrubbed_bytes, sealed_bytes());
  EXPECT_EQ(stats().scrub_passes, 1U);
  run_for(3'600'000);
  EXPECT_EQ(stats().scrub_passes, 1U);
  run_for(86'400'000);
  EXPECT_EQ(stats().scrub_passes, 2U);
  bool stopped = false;
  scope.stop_then([&] { stopped = true; });
  world_.run_until([&] { return stopped; });
  EXPECT_TRUE(stopped);
}

}  // namespace
}  // namespace moldau::storage
