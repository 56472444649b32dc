#include "storage/test_log.h"

namespace moldau::storage {
namespace {

using env::CrashKind;
using testing::BatchSpec;
using testing::DiskCall;
using testing::LogTest;

class Recovery : public LogTest {
 protected:
  static constexpr std::string_view first_log = "00000000000000000000.log";
};

class CrashingRecovery : public LogTest, public ::testing::WithParamInterface<std::uint64_t> {
 protected:
  CrashingRecovery() : LogTest(GetParam()) {}
};

TEST_P(CrashingRecovery, keeps_everything_acknowledged_and_starts_with_whole_batches) {
  auto chance = world_.chance_of("test");
  config_.segment_bytes = 2000;
  config_.index_interval_bytes = 200;
  start_log();
  std::vector<Sent> sent;
  std::int64_t acknowledged = 0;
  for (int life = 0; life < 4; ++life) {
    sent.clear();
    BatchSpec spec{.producer_id = ProducerId(life), .producer_epoch = ProducerEpoch(0)};
    for (int i = 0; i < 60; ++i) {
      spec.base_sequence = i * 2;
      spec.records = 2;
      spec.value_size = chance.below(200);
      spec.leader_epoch = LeaderEpoch(life);
      if (chance.chance(500'000)) {
        sent.push_back(append(spec));
      } else {
        worker().post([this, &sent, spec] {
          if (log_ != nullptr) sent.push_back(append(spec));
        });
      }
      world_.run_for(std::chrono::microseconds(chance.below(400)));
      if (chance.chance(30'000)) dir_->housekeeping();
    }
    world_.run_for(std::chrono::microseconds(chance.below(3000)));
    for (const auto& one : sent) {
      if (one.reply->outcome == AppendOutcome::done) {
        acknowledged = std::max(acknowledged, one.answer.last_offset.value() + 1);
      }
    }
    crash(chance.chance(800'000) ? CrashKind::power_cut : CrashKind::kill);
    const auto report = restart();
    ASSERT_TRUE(report.quarantined.empty()) << report.quarantined.front().error.to_string();
    const auto positions = log_->positions();
    ASSERT_GE(positions.written_end.value(), acknowledged);
    EXPECT_EQ(positions.written_end, positions.durable_end);
    expect_contiguous();
    // What it found is durable now: readers have seen it.
    crash(CrashKind::power_cut);
    restart();
    ASSERT_EQ(log_->positions().written_end, positions.written_end);
    expect_contiguous();
    EXPECT_LE(log_->latest_epoch().value_or(LeaderEpoch(0)), LeaderEpoch(life));
  }
}
INSTANTIATE_TEST_SUITE_P(seeds, CrashingRecovery, ::testing::Range<std::uint64_t>(1, 61));

TEST_F(Recovery, clean_stop_and_start_recovers_nothing) {
  config_.segment_bytes = 1000;
  start_log();
  for (int i = 0; i < 30; ++i)
    append_durably({.value_size = 50, .leader_epoch = LeaderEpoch(i / 10)});
  ASSERT_TRUE(close(42));
  crash(CrashKind::power_cut);
  ASSERT_TRUE(open_dir());
  EXPECT_EQ(dir_->clean_shutdown_epoch(), BrokerEpoch(42));
  const auto report = load();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->segments_recovered, 0);
  EXPECT_EQ(log_->positions().written_end, Offset(30));
  EXPECT_EQ(log_->positions().high_watermark, Offset(30));
  EXPECT_EQ(log_->topic_id(), Uuid::of(1, 2));
  EXPECT_EQ(log_->latest_epoch(), LeaderEpoch(2));
  EXPECT_EQ(log_->epoch_of(Offset(15)), LeaderEpoch(1));
  expect_contiguous();
  // The marker is gone for good before anything is appended.
  crash(CrashKind::power_cut);
  ASSERT_TRUE(open_dir());
  EXPECT_FALSE(dir_->clean_shutdown_epoch());
}

TEST_F(Recovery, clean_stop_makes_durable_what_no_round_has_flushed) {
  config_.durability = Durability::page_cache;
  config_.flush_ms = never;
  start_log();
  for (int turn = 0; turn < 30; ++turn) {
    append({.records = 3, .value_size = 2000});
    world_.run_for(milliseconds(20));
    const auto end = log_->positions().written_end;
    ASSERT_EQ(end, Offset(3 * (turn + 1)));
    ASSERT_TRUE(close());
    crash(CrashKind::power_cut);
    ASSERT_TRUE(open_dir());
    ASSERT_TRUE(dir_->clean_shutdown_epoch()) << turn;
    ASSERT_TRUE(load());
    ASSERT_EQ(log_->positions().written_end, end) << turn;
    expect_contiguous();
  }
}

TEST_F(Recovery, marker_never_comes_back_however_the_power_goes) {
  start_log();
  for (int turn = 0; turn < 30; ++turn) {
    append_durably();
    ASSERT_TRUE(close());
    crash(CrashKind::kill);
    ASSERT_TRUE(open_dir());
    ASSERT_TRUE(dir_->clean_shutdown_epoch());
    crash(CrashKind::power_cut);
    ASSERT_TRUE(open_dir());
    ASSERT_FALSE(dir_->clean_shutdown_epoch()) << turn;
    ASSERT_TRUE(load());
  }
}

TEST_F(Recovery, marker_that_a_killed_start_has_unlinked_does_not_come_back_later) {
  for (int turn = 0; turn < 30; ++turn) {
    if (turn == 0) start_log();
    append_durably();
    ASSERT_TRUE(close());
    crash(CrashKind::kill);
    during_next(DiskCall::sync_names, [&]() -> std::optional<Error> {
      return Error{.code = Errc::io, .context = "killed between unlink and sync"};
    });
    ASSERT_FALSE(open_dir());
    crash(CrashKind::kill);
    restart();
    append_durably();
    crash(CrashKind::power_cut);
    ASSERT_TRUE(open_dir());
    ASSERT_FALSE(dir_->clean_shutdown_epoch()) << turn;
    ASSERT_TRUE(load());
  }
}

TEST_F(Recovery, point_stays_below_an_epoch_that_could_not_be_written_down) {
  start_log();
  append_durably({.leader_epoch = LeaderEpoch(1)});
  dir_->housekeeping();  // point 1, with epoch 1
  append_durably({.leader_epoch = LeaderEpoch(4)});
  append_durably({.leader_epoch = LeaderEpoch(4)});
  on_call = [](DiskCall call, const std::string& file) {
    const bool epochs = file.find("leader-epoch") != std::string::npos;
    return call == DiskCall::write && epochs ? std::optional(Error{.code = Errc::no_space})
                                             : std::nullopt;
  };
  dir_->housekeeping();
  EXPECT_EQ(saved_recovery_point(), Offset(1));
  crash(CrashKind::power_cut);
  restart();
  EXPECT_EQ(log_->epoch_of(Offset(1)), LeaderEpoch(4));
}

/// A broker that is killed while it makes a partition leaves its files in the page cache only.
TEST_F(Recovery, a_topic_id_that_was_perhaps_never_synced_is_before_anything_is_appended) {
  start_log();
  append_durably();
  crash(CrashKind::kill);
  bool synced = false;
  on_call = [&](DiskCall call, const std::string& file) -> std::optional<Error> {
    if (call == DiskCall::sync && file.ends_with(partition_metadata_file)) synced = true;
    return std::nullopt;
  };
  restart();
  on_call = nullptr;
  EXPECT_TRUE(synced);
}

TEST_F(Recovery, producers_survive_a_clean_stop_and_a_crash) {
  config_.segment_bytes = 600;
  start_log();
  BatchSpec spec{
      .value_size = 30, .producer_id = ProducerId(3), .producer_epoch = ProducerEpoch(0)};
  for (spec.base_sequence = 0; spec.base_sequence < 10; ++spec.base_sequence) append_durably(spec);
  for (const bool clean : {false, true, false}) {
    if (clean) ASSERT_TRUE(close());
    crash(CrashKind::power_cut);
    restart();
    spec.base_sequence = static_cast<std::int32_t>(log_->positions().written_end.value()) - 1;
    const auto duplicate = append(spec);
    EXPECT_EQ(duplicate.answer.status, AppendStatus::duplicate);
    EXPECT_EQ(duplicate.answer.base_offset, Offset(spec.base_sequence));
    spec.base_sequence += 2;
    EXPECT_EQ(append(spec).answer.status, AppendStatus::out_of_order_sequence);
    spec.base_sequence -= 1;
    append_durably(spec);
  }
}

TEST_F(Recovery, retry_of_any_of_the_last_five_batches_is_a_duplicate_after_every_start) {
  config_.segment_bytes = 600;  // a few batches, of two producers
  config_.index_interval_bytes = 200;
  start_log();
  BatchSpec spec{
      .value_size = 30, .producer_id = ProducerId(3), .producer_epoch = ProducerEpoch(0)};
  std::map<std::int32_t, Offset> offsets;
  for (spec.base_sequence = 0; spec.base_sequence < 10; ++spec.base_sequence) {
    offsets[spec.base_sequence] = append_durably(spec).base_offset;
    append_durably({.value_size = 10});
  }
  for (const bool clean : {true, false, true}) {
    if (clean) ASSERT_TRUE(close());
    crash(CrashKind::power_cut);
    restart();
    for (spec.base_sequence = 5; spec.base_sequence < 10; ++spec.base_sequence) {
      const auto again = append(spec).answer;
      EXPECT_EQ(again.status, AppendStatus::duplicate) << spec.base_sequence << " clean " << clean;
      EXPECT_EQ(again.base_offset, offsets[spec.base_sequence]);
    }
    spec.base_sequence = 4;
    EXPECT_EQ(append(spec).answer.status, AppendStatus::out_of_order_sequence);
  }
}

TEST_F(Recovery, sealed_segments_above_the_point_get_exact_indexes_back) {
  config_.segment_bytes = 1000;
  config_.index_interval_bytes = 100;
  start_log();
  for (int i = 0; i < 30; ++i) append_durably({.value_size = 60, .timestamp = 1000 + i});
  const auto entries =
      read_index_file<OffsetIndexEntry>(env_->disk(), path("00000000000000000000.index"));
  ASSERT_TRUE(entries);
  const std::vector<std::uint8_t> garbage(64, 0x11);
  overwrite(path("00000000000000000000.index"), 0, garbage);
  crash(CrashKind::kill);
  restart();  // no checkpoint was written: all is recovered
  const auto again =
      read_index_file<OffsetIndexEntry>(env_->disk(), path("00000000000000000000.index"));
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, *entries);
  expect_contiguous();
}

TEST_F(Recovery, what_recovery_keeps_is_synced_before_it_is_served) {
  start_log();
  for (int i = 0; i < 5; ++i) append_durably();
  // Killed after the write, before any sync: the page cache has it.
  append();
  on_call = [](DiskCall call, const std::string&) {
    return call == DiskCall::sync ? std::optional(Error{.code = Errc::io}) : std::nullopt;
  };
  world_.run_until([&] { return log_->positions().written_end == Offset(6); });
  crash(CrashKind::kill);
  restart();
  EXPECT_EQ(log_->positions().written_end, Offset(6));
  crash(CrashKind::power_cut);
  restart();
  EXPECT_EQ(log_->positions().written_end, Offset(6));
}

TEST_F(Recovery, flush_that_fails_while_recovering_takes_the_directory_offline) {
  start_log();
  append_durably();
  crash(CrashKind::kill);
  ASSERT_TRUE(open_dir());
  during_next(DiskCall::sync, [&] { return Error{.code = Errc::io, .context = "planned"}; });
  EXPECT_FALSE(load());
  EXPECT_TRUE(dir_->is_offline());
}

TEST_F(Recovery, leftovers_of_cleaning_and_deletion_are_settled) {
  config_.segment_bytes = 300;
  start_log();
  for (int i = 0; i < 9; ++i) append_durably({.value_size = 50});
  ASSERT_GE(log_->segment_count(), 3);
  ASSERT_TRUE(close());
  const auto copy = [&](std::string_view from, std::string_view to) {
    const auto bytes = env::read_file(env_->disk(), path(from), 1 << 20);
    ASSERT_TRUE(bytes);
    ASSERT_TRUE(write_file(env_->disk(), path(to), *bytes));
  };
  const auto second = log_->priv().segment_list()->at(1)->base_offset();
  const auto second_log = segment_file_name(second, log_suffix);
  copy(first_log, "00000000000000000000.log.swap");  // ready to go in
  copy(second_log, second_log + ".cleaned");         // in progress
  copy(second_log, second_log + ".swap");            // of a split that was not finished
  copy(first_log, "00000000000000000077.log.deleted");
  ASSERT_TRUE(write_file(env_->disk(), path("00000000000000000055.index"), Bytes{}));
  crash(CrashKind::kill);
  restart();
  EXPECT_EQ(log_->positions().written_end, Offset(9));
  expect_contiguous();
  for (const auto& file : files()) {
    EXPECT_FALSE(file.ends_with(".swap") || file.ends_with(".cleaned") ||
                 file.ends_with(".deleted") || file.starts_with("00000000000000000055"))
        << file;
  }
}

TEST_F(Recovery, epoch_file_is_written_lazily_and_found_again_in_the_batches) {
  start_log();
  append_durably({.leader_epoch = LeaderEpoch(1)});
  append_durably({.leader_epoch = LeaderEpoch(4)});
  EXPECT_FALSE(has_file("leader-epoch-checkpoint"));
  crash(CrashKind::power_cut);
  restart();
  EXPECT_EQ(log_->epoch_of(Offset(0)), LeaderEpoch(1));
  EXPECT_EQ(log_->epoch_of(Offset(1)), LeaderEpoch(4));
  dir_->housekeeping();  // the point moves above them, so they are written first
  EXPECT_TRUE(has_file("leader-epoch-checkpoint"));
  crash(CrashKind::power_cut);
  restart();
  EXPECT_EQ(log_->epoch_of(Offset(1)), LeaderEpoch(4));
}

TEST_F(Recovery, second_process_is_refused) {
  start_log();
  const auto second = LogDir::open(*env_, {.path = root});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::locked);
}

TEST_F(Recovery, thousand_partitions_are_created_with_few_syncs_and_loaded_again) {
  ASSERT_TRUE(open_dir());
  std::vector<KnownLog> fresh;
  fresh.reserve(1000);
  for (int i = 0; i < 1000; ++i) {
    fresh.push_back({{"many", PartitionId(i)}, Uuid::of(9, 9), config()});
  }
  int syncs = 0;
  on_call = [&](DiskCall call, const std::string&) {
    syncs += call == DiskCall::sync || call == DiskCall::sync_names || call == DiskCall::sync_all;
    return std::optional<Error>();
  };
  ASSERT_TRUE(on_pool([&] { return dir_->create(fresh); }));
  EXPECT_LE(syncs, 4);
  crash(CrashKind::power_cut);
  ASSERT_TRUE(open_dir());
  const auto report = load();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->logs.size(), 1000U);
  syncs = 0;
  for (const auto& log : report->logs) log->assign_leader_epoch(LeaderEpoch(2));
  dir_->housekeeping();
  EXPECT_LE(syncs, 10) << "epochs without batches cost nothing";
  log_.reset();
}

TEST_F(Recovery, creating_what_exists_is_refused_and_failure_leaves_nothing) {
  start_log();
  const KnownLog again{name, Uuid::of(1, 2), config()};
  EXPECT_EQ(on_pool([&] { return dir_->create(std::span(&again, 1)); }).error().code, Errc::exists);
  const KnownLog other{{"u", PartitionId(0)}, Uuid::of(1, 3), config()};
  during_next(DiskCall::sync, [&] { return Error{.code = Errc::no_space}; });
  EXPECT_FALSE(on_pool([&] { return dir_->create(std::span(&other, 1)); }));
  EXPECT_FALSE(env_->disk().exists(root + "/u-0").value());
  EXPECT_FALSE(dir_->is_offline());
}

TEST_F(Recovery, housekeeping_runs_by_itself_and_stops_with_its_scope) {
  start_log();
  env::Scope scope(worker());
  scope.spawn(dir_->run(worker()));
  append_durably();
  run_for(2500);
  EXPECT_EQ(saved_recovery_point(), Offset(1));
  world_.run(worker(), scope.stop());
}

}  // namespace
}  // namespace moldau::storage
